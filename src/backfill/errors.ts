import { CompressorError } from '../errors.ts';

/** The checkpoint of a backfill or verification is missing, unreadable, or of another one. */
export class InvalidCheckpointError extends CompressorError {
  readonly code = 'CHECKPOINT_INVALID';
  readonly retryable = false;
}

/** An inventory leaves out a field without which its objects cannot be queued or compared. */
export class IncompleteEntryError extends CompressorError {
  readonly code = 'INVENTORY_INCOMPLETE';
  readonly retryable = false;
}

/** The state machine of the backfill, or someone else, has invoked its function with something that is not a data file to queue. */
export class InvalidFileTaskError extends CompressorError {
  readonly code = 'FILE_TASK_INVALID';
  readonly retryable = false;
}

/** An invocation of the backfill's function ended without one more object queued: the next one would not get further. */
export class NoProgressError extends CompressorError {
  readonly code = 'BACKFILL_STALLED';
  readonly retryable = true;
}
