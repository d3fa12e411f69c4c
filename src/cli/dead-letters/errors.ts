import { CompressorError } from '../../errors.ts';

/** Dead letters could not be moved or deleted. */
export class DeadLetterError extends CompressorError {
  readonly code = 'DEAD_LETTER_FAILED';
  readonly retryable = true;
}
