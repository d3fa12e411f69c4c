import { CompressorError, type ErrorDetails } from '../errors.ts';

/** The message is about a bucket that does not belong to this rule: the queue is connected to the wrong bucket. */
export class ForeignBucketError extends CompressorError {
  readonly code = 'BUCKET_FOREIGN';
  readonly retryable = false;
}

/** No invocation can pack the object: too many bytes, or too many predicted seconds. */
export class ObjectOverLimitsError extends CompressorError {
  readonly code = 'OBJECT_OVER_LIMITS';
  readonly retryable = false;
}

/** S3 has metadata of the object that it cannot return, so the object could not be restored unchanged. */
export class UnreadableMetadataError extends CompressorError {
  readonly code = 'METADATA_UNREADABLE';
  readonly retryable = false;
}

/** The object has tags, but S3 lists a different number than it announced: they changed, or cannot be read. */
export class IncompleteTagsError extends CompressorError {
  readonly code = 'TAGS_INCOMPLETE';
  readonly retryable = true;
}

/** The bytes that arrived do not have the CRC-32 that S3 keeps for the object. */
export class SourceChecksumError extends CompressorError {
  readonly code = 'SOURCE_CHECKSUM_MISMATCH';
  readonly retryable = true;
}

/** The invocation's time ended in the middle of an archive; nothing of it was acknowledged. */
export class RunTimeExceededError extends CompressorError {
  readonly code = 'RUN_TIME_EXCEEDED';
  readonly retryable = true;
}

/** The manifest outgrew what a reader accepts; the archive has to be cut smaller. */
export class ManifestTooLargeError extends CompressorError {
  readonly code = 'MANIFEST_TOO_LARGE';
  readonly retryable = true;
}

/** Another attempt is working on the archive of the same object: another task, or another message of this one. */
export class ArchiveInProgressError extends CompressorError {
  readonly code = 'ARCHIVE_IN_WORK';
  readonly retryable = true;
  /** Its key. */
  readonly archive: string;
  /** Seconds after which it is worth trying again. */
  readonly seconds: number;

  constructor(
    message: string,
    { archive, seconds, ...details }: ErrorDetails & { readonly archive: string; readonly seconds: number },
  ) {
    super(message, { ...details, context: { archive, seconds } });
    this.archive = archive;
    this.seconds = seconds;
  }
}
