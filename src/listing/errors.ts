import { CompressorError } from '../errors.ts';

/** A server lists keys in another order than that of their UTF-8 bytes, so that ranges of keys mean nothing. */
export class ListingOrderError extends CompressorError {
  readonly code = 'LISTING_OUT_OF_ORDER';
  readonly retryable = false;
}
