import { ruleOfArchive } from '../../configuration/resend-prefix.ts';
import type { CompressorError } from '../../errors.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';
import type { ReplicationFailure } from '../../messages/parse-replication-failure.ts';
import type { FailureFate } from '../../messages/settle-batch.ts';
import type { FailureSkipReason, ResendTelemetry } from '../../resend/telemetry.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

/**
 * Logs and metrics of the resend service; `flush` ends a batch. The metrics have the outbound bucket as their only
 * dimension, not those of a rule: an alarm cannot watch a search over dimensions, and the archive's name has to come
 * from the log anyway.
 */
export class PowertoolsResendTelemetry implements ResendTelemetry {
  readonly #logger = new BatchLogger('resend', {});
  readonly #metrics: DimensionedMetrics;

  constructor({ namespace, outboundBucket }: { readonly namespace: string; readonly outboundBucket: string }) {
    this.#metrics = new DimensionedMetrics(namespace, { SourceBucket: outboundBucket });
  }

  archiveResent(failure: ReplicationFailure, attempt: number): void {
    this.#metrics.count('ArchivesResent');
    this.#logger.warn('Archive resent', { ...fieldsOf(failure), attempt });
  }

  archiveGivenUp(failure: ReplicationFailure, kept: ObjectLocation): void {
    this.#metrics.count('ArchivesGivenUp');
    this.#logger.error('Archive given up', { ...fieldsOf(failure), kept: `s3://${kept.bucket}/${kept.key}` });
    // If the process is killed, metrics that are not written yet are lost.
    this.#metrics.flush();
  }

  archiveGone(failure: ReplicationFailure): void {
    this.#metrics.count('ArchivesGone');
    // The alarm is for everything that this function can no longer fix.
    this.#metrics.count('ArchivesGivenUp');
    this.#logger.error('Archive gone before it could be resent', fieldsOf(failure));
  }

  failedVersionDeleted(failure: ReplicationFailure): void {
    this.#logger.info('Failed version deleted: it is no longer needed', fieldsOf(failure));
  }

  failureSkipped(failure: ReplicationFailure, reason: FailureSkipReason): void {
    this.#logger.info('Failed replication needs no further action', { ...fieldsOf(failure), because: reason });
  }

  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void {
    this.#logger.logMessageFailure(message, error, fate);
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logFailure('The queue did not accept everything', error);
  }

  flush(): void {
    this.#metrics.flush();
    this.#logger.beginBatch();
  }
}

function fieldsOf({ key, versionId, destination, reason }: ReplicationFailure): Record<string, string> {
  return { archive: key, rule: ruleOfArchive(key), version_id: versionId, destination, reason };
}
