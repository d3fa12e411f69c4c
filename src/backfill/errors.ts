import { CompressorError } from '../errors.ts';

/** The checkpoint of a backfill or verification is missing, unreadable, or belongs to a different one. */
export class InvalidCheckpointError extends CompressorError {
  readonly code = 'CHECKPOINT_INVALID';
  readonly retryable = false;
}

/** Another run of the same rule is in progress and keeps its own checkpoint. */
export class HeldCheckpointError extends CompressorError {
  readonly code = 'CHECKPOINT_HELD';
  readonly retryable = false;
}

/** An inventory lacks a field that is needed to queue or compare its objects. */
export class IncompleteEntryError extends CompressorError {
  readonly code = 'INVENTORY_INCOMPLETE';
  readonly retryable = false;
}

/**
 * The backfill's function was invoked, by its state machine or someone else, with something other than a data file to
 * queue.
 */
export class InvalidFileTaskError extends CompressorError {
  readonly code = 'FILE_TASK_INVALID';
  readonly retryable = false;
}

/**
 * An invocation of the backfill's function ended without queueing a single object: the next one would not get any
 * further.
 */
export class NoProgressError extends CompressorError {
  readonly code = 'BACKFILL_STALLED';
  readonly retryable = true;
}
