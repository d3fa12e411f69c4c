import { CompressorError } from '../errors.ts';

/** A manifest or file of an S3 Inventory does not match AWS's documentation, or lacks a required field. */
export class InvalidInventoryError extends CompressorError {
  readonly code = 'INVENTORY_INVALID';
  readonly retryable = false;
}
