import { CompressorError } from '../errors.ts';

/** The state machine of scheduled verifications, or someone else, has invoked its function with something that does not name a rule to verify. */
export class InvalidVerificationTaskError extends CompressorError {
  readonly code = 'VERIFICATION_TASK_INVALID';
  readonly retryable = false;
}

/** An invocation of a scheduled verification ended without one more key compared: the next one would not get further. */
export class StalledVerificationError extends CompressorError {
  readonly code = 'VERIFICATION_STALLED';
  readonly retryable = true;
}
