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
