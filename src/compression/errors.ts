import { CompressorError } from '../errors.ts';

/** A thread of the pool crashed or broke its contract; the pool starts another one. */
export class WorkerLostError extends CompressorError {
  readonly code = 'WORKER_LOST';
  readonly retryable = true;
}
