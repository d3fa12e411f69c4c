import { CompressorError } from '../errors.ts';

/**
 * The work was stopped because its task ends, or because SQS cannot hide the message any longer; another task resumes
 * it.
 */
export class WorkInterruptedError extends CompressorError {
  readonly code = 'WORK_INTERRUPTED';
  readonly retryable = true;
}
