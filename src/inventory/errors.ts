import { CompressorError } from '../errors.ts';

/** A manifest or a file of an S3 Inventory is not what AWS documents, or lacks a field that is needed. */
export class InvalidInventoryError extends CompressorError {
  readonly code = 'INVENTORY_INVALID';
  readonly retryable = false;
}
