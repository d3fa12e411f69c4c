import { CompressorError } from '../errors.ts';

/**
 * The function of scheduled verifications was invoked, by its state machine or someone else, with something that does
 * not name a rule to verify.
 */
export class InvalidVerificationTaskError extends CompressorError {
  readonly code = 'VERIFICATION_TASK_INVALID';
  readonly retryable = false;
}

/**
 * An invocation of a scheduled verification ended without comparing a single key: the next one would not get any
 * further.
 */
export class StalledVerificationError extends CompressorError {
  readonly code = 'VERIFICATION_STALLED';
  readonly retryable = true;
}
