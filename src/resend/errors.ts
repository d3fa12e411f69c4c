import { CompressorError } from '../errors.ts';

/** The failed replication is of a bucket that is not our outbound bucket: foreign events reach the queue. */
export class ForeignFailureError extends CompressorError {
  readonly code = 'REPLICATION_FAILURE_FOREIGN';
  readonly retryable = false;
}

/** The run's time ended while S3 was copying an archive; what failed stays where it was. */
export class ResendInterruptedError extends CompressorError {
  readonly code = 'RESEND_INTERRUPTED';
  readonly retryable = true;
}
