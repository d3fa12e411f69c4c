import { CompressorError } from '../errors.ts';

/** Weights of a rule's statistics were scaled down each time just before an archive was added; what it taught is lost. */
export class ContestedStatisticsError extends CompressorError {
  readonly code = 'STATISTICS_CONTESTED';
  readonly retryable = true;
}
