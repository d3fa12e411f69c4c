import type { ReplicationRule } from '../configuration/rule.ts';
import type { InventoryFiles } from '../inventory/dependencies.ts';
import type { Clock, ExistingObjectQueue } from './dependencies.ts';
import { InventorySource } from './entry-sources.ts';
import { NoProgressError } from './errors.ts';
import type { FileTask } from './file-task.ts';
import { noCounts, runBackfill } from './run-backfill.ts';

export interface FileDependencies {
  readonly rule: ReplicationRule;
  readonly files: InventoryFiles;
  readonly queue: ExistingObjectQueue;
  readonly clock: Clock;
  /** Aborts when the invocation is nearly out of time: its progress is saved, and the next one continues from there. */
  readonly deadline: AbortSignal;
}

/**
 * Queues the objects of one data file of an inventory, or as many of them as time permits.
 * @returns the task with its progress
 * @throws NoProgressError when no object could be queued in time; UnavailableQueueError, IncompleteEntryError,
 * InvalidInventoryError, the errors of the storage port
 */
export async function queueFile(
  task: FileTask,
  { rule, files, queue, clock, deadline }: FileDependencies,
): Promise<FileTask> {
  const { job, file } = task;
  const { bucket, format, fields } = job.inventory;
  const manifest = {
    bucket: rule.source.bucket,
    fileBucket: bucket,
    created: 0,
    format,
    fields,
    files: [namedFile(file)],
  };
  let last = { position: task.position, counts: task.counts ?? noCounts() };
  const resumed = task.position === undefined ? undefined : { position: task.position, counts: last.counts };
  try {
    const counts = await runBackfill(
      { rule, filter: job.filter, pace: { rate: job.rate }, resumed, signal: deadline },
      {
        source: new InventorySource(manifest, files),
        queue,
        clock,
        checkpoint: (position, counted) => {
          last = { position, counts: counted };
          return Promise.resolve();
        },
        onProgress: () => undefined,
        onArchived: () => undefined,
      },
    );
    return { ...task, ...last, counts, finished: true };
  } catch (thrown) {
    if (!deadline.aborted) throw thrown;
    if (last.position === task.position) {
      throw new NoProgressError(`No object of ${file.key} could be queued before the invocation ran out of time.`, {
        context: { file: file.key, position: task.position },
        cause: thrown,
      });
    }
    return { ...task, ...last, finished: false };
  }
}

function namedFile({ key, md5 }: FileTask['file']): { readonly key: string; readonly md5?: string } {
  return { key, ...(md5 === undefined ? {} : { md5 }) };
}
