import { CompressorError } from '../../errors.ts';

/** Nothing can be estimated: there are no objects, none of them can be read, or a price is unknown. */
export class ImpossibleEstimateError extends CompressorError {
  readonly code = 'ESTIMATE_IMPOSSIBLE';
  readonly retryable = false;
}
