import { CompressorError } from '../errors.ts';

/** The bucket does not exist (yet). Retried, since its stack may be deployed while messages wait. */
export class BucketNotFoundError extends CompressorError {
  readonly code = 'BUCKET_NOT_FOUND';
  readonly retryable = true;
}

/** The ECS service of a fallback queue could not be described or scaled up; its own scaling does that later. */
export class FallbackServiceError extends CompressorError {
  readonly code = 'FALLBACK_SERVICE_UNAVAILABLE';
  readonly retryable = true;
}

/** The ECS agent did not turn the task's scale-in protection on or off. The work continues. */
export class TaskProtectionError extends CompressorError {
  readonly code = 'TASK_PROTECTION_REFUSED';
  readonly retryable = true;
}

/**
 * Statistics of levels could not be read or written. No work waits for them; the statistics of one archive may be lost.
 */
export class UnavailableStatisticsError extends CompressorError {
  readonly code = 'STATISTICS_UNAVAILABLE';
  readonly retryable = true;
}

/** Amazon Athena could not run a query; the message repeats its reason. */
export class FailedQueryError extends CompressorError {
  readonly code = 'QUERY_FAILED';
  readonly retryable = true;
}
