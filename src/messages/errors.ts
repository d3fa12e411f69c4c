import { CompressorError } from '../errors.ts';

/** The body of a queue message is not an S3 notification that this version can read. */
export class InvalidMessageError extends CompressorError {
  readonly code = 'MESSAGE_INVALID';
  readonly retryable = false;
}

/** The message was requeued again and again by batches that settled nothing. */
export class RequeueLimitError extends CompressorError {
  readonly code = 'TURN_NOT_REACHED';
  readonly retryable = true;
}

/** SQS did not accept or return messages, after its own retries. */
export class UnavailableQueueError extends CompressorError {
  readonly code = 'QUEUE_UNAVAILABLE';
  readonly retryable = true;
}

/**
 * The function was invoked with something other than a batch of SQS messages, for example by the console's test button.
 */
export class InvalidInvocationError extends CompressorError {
  readonly code = 'INVOCATION_INVALID';
  readonly retryable = false;
}
