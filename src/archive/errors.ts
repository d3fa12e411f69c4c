import { CompressorError } from '../errors.ts';

/** Truncated, damaged or contradictory bytes. Reading it again helps only after the archive was resent. */
export class CorruptArchiveError extends CompressorError {
  readonly code = 'ARCHIVE_CORRUPT';
  readonly retryable = false;
}

/** Not one of our archives, or one of a later major version. */
export class UnsupportedArchiveError extends CompressorError {
  readonly code = 'ARCHIVE_UNSUPPORTED';
  readonly retryable = false;
}

/** A declared size is beyond what a reader of this version accepts (a decompression bomb looks like this). */
export class ArchiveTooLargeError extends CompressorError {
  readonly code = 'ARCHIVE_TOO_LARGE';
  readonly retryable = false;
}

/** `manifest.json` is missing, is not JSON, or lacks fields of the format. */
export class InvalidManifestError extends CompressorError {
  readonly code = 'MANIFEST_INVALID';
  readonly retryable = false;
}

/** The manifest and the tar contradict each other about an object. */
export class ManifestMismatchError extends CompressorError {
  readonly code = 'MANIFEST_MISMATCH';
  readonly retryable = false;
}

/** The restored bytes of an object do not have the checksum that was taken at the source. */
export class ObjectChecksumError extends CompressorError {
  readonly code = 'OBJECT_CHECKSUM_MISMATCH';
  readonly retryable = false;
}
