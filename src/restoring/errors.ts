import { CompressorError, type ErrorDetails } from '../errors.ts';

/** The event is from a bucket other than this region's inbound bucket, or for something that is not an archive. */
export class UnexpectedEventError extends CompressorError {
  readonly code = 'EVENT_UNEXPECTED';
  readonly retryable = false;
}

/** No configured rule with a destination in this region covers the archive or one of its objects. */
export class UnknownRuleError extends CompressorError {
  readonly code = 'RULE_UNKNOWN';
  readonly retryable = false;
}

/** The archive's key belongs to one rule, but its manifest names another. */
export class ForeignArchiveError extends CompressorError {
  readonly code = 'ARCHIVE_FOREIGN';
  readonly retryable = false;
}

/** NoSuchKey on a read of the archive: it was restored and deleted before. The event needs no more work. */
export class ArchiveGoneError extends CompressorError {
  readonly code = 'ARCHIVE_GONE';
  readonly retryable = false;
}

/** 412 on a read of the archive: another version of it is stored, as after a resend. That one is restored instead. */
export class ArchiveChangedError extends CompressorError {
  readonly code = 'ARCHIVE_CHANGED';
  readonly retryable = true;
}

/**
 * The archive restores to more bytes than one invocation can handle; a task without an invocation's limits can do it.
 */
export class ArchiveOverLimitsError extends CompressorError {
  readonly code = 'ARCHIVE_OVER_LIMITS';
  readonly retryable = false;
}

/** Some objects of the archive could not be restored. All others are, and the archive is kept. */
export class ArchiveNotRestoredError extends CompressorError {
  readonly code = 'ARCHIVE_NOT_RESTORED';
  /** Whether another attempt may restore at least one of them. */
  readonly retryable: boolean;

  constructor(retryable: boolean, message: string, details: ErrorDetails) {
    super(message, details);
    this.retryable = retryable;
  }
}

/** The invocation's time ran out in the middle of an archive; restored objects are kept and skipped the next time. */
export class RunDeadlineError extends CompressorError {
  readonly code = 'RUN_DEADLINE';
  readonly retryable = true;
}

/** With the destination's prefix, the key is longer than S3 allows. */
export class TargetKeyTooLongError extends CompressorError {
  readonly code = 'TARGET_KEY_TOO_LONG';
  readonly retryable = false;
}

/** Parts that an earlier attempt left do not form the object together with ours; they are discarded. */
export class ResumedUploadError extends CompressorError {
  readonly code = 'RESUMED_UPLOAD_MISMATCH';
  readonly retryable = true;
}

/**
 * Deletions at the source cannot be recorded or looked up. Nothing is restored without that, since it might bring
 * deleted objects back.
 */
export class DeletionMemoryError extends CompressorError {
  readonly code = 'DELETION_MEMORY_UNAVAILABLE';
  readonly retryable = true;
  /** Whether it is temporary; otherwise the table, or the permissions on it, must be fixed. */
  readonly isOutage: boolean;

  constructor(isOutage: boolean, message: string, details: ErrorDetails) {
    super(message, details);
    this.isOutage = isOutage;
  }
}

/** Tags that were put in a separate request may have been added to something newer. */
export class MisplacedTagsError extends CompressorError {
  readonly code = 'TAGS_MISPLACED';
  readonly retryable = true;
}
