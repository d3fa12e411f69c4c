import { CompressorError } from '../errors.ts';

/** The work was stopped because its task ends, or because SQS hides a message no longer; another task goes on with it. */
export class WorkInterruptedError extends CompressorError {
  readonly code = 'WORK_INTERRUPTED';
  readonly retryable = true;
}
