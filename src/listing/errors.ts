import { CompressorError } from '../errors.ts';

/** A server does not list keys in the order of their UTF-8 bytes, so ranges of keys have no meaning. */
export class ListingOrderError extends CompressorError {
  readonly code = 'LISTING_OUT_OF_ORDER';
  readonly retryable = false;
}
