import { CompressorError } from '../../errors.ts';

/** The archive named on the command line does not exist or cannot be read. */
export class UnreadableArchiveError extends CompressorError {
  readonly code = 'ARCHIVE_UNREADABLE';
  readonly retryable = false;
}

/** An object of an archive would be written outside the folder, or would destroy something in it. */
export class ExtractionRefusedError extends CompressorError {
  readonly code = 'EXTRACTION_REFUSED';
  readonly retryable = false;
}
