import { CompressorError } from '../errors.ts';

/** The failed replication is from a bucket other than our outbound bucket: foreign events reach the queue. */
export class ForeignFailureError extends CompressorError {
  readonly code = 'REPLICATION_FAILURE_FOREIGN';
  readonly retryable = false;
}

/** The invocation's time ended while S3 was copying an archive; the failed version remains in its bucket. */
export class ResendInterruptedError extends CompressorError {
  readonly code = 'RESEND_INTERRUPTED';
  readonly retryable = true;
}
