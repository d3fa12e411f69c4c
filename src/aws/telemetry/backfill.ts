import type { FileTask } from '../../backfill/file-task.ts';
import { asCompressorError } from '../../errors.ts';
import { BatchLogger } from './batch-logger.ts';

/**
 * Log lines of the function behind the state machine. It has no metrics: the Map Run counts the files, and their
 * results count the objects.
 */
export class PowertoolsBackfillTelemetry {
  readonly #logger = new BatchLogger('backfill', {});

  fileQueued({ job, file, position, counts, finished }: FileTask): void {
    const fields = { rule: job.rule, inventory_file: `s3://${job.inventory.bucket}/${file.key}`, position, ...counts };
    this.#logger.info(finished === true ? 'Objects of a file queued' : 'Some objects of a file queued', fields);
  }

  fileFailed(input: unknown, thrown: unknown): void {
    this.#logger.logFailure('Not all objects of a file were queued', asCompressorError(thrown), { input });
  }
}
