import { CompressorError } from '../errors.ts';

/**
 * The weights of a rule's statistics were scaled down each time just before an archive was added; its evidence is lost.
 */
export class ContestedStatisticsError extends CompressorError {
  readonly code = 'STATISTICS_CONTESTED';
  readonly retryable = true;
}
