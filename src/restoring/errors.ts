import { CompressorError, type ErrorDetails } from '../errors.ts';

/** The event is of another bucket than this region's inbound bucket, or of something that is not an archive. */
export class UnexpectedEventError extends CompressorError {
  readonly code = 'EVENT_UNEXPECTED';
  readonly retryable = false;
}

/** No configured rule with a destination in this region answers for the archive or for one of its objects. */
export class UnknownRuleError extends CompressorError {
  readonly code = 'RULE_UNKNOWN';
  readonly retryable = false;
}

/** The archive lies under the key of one rule and its manifest names another. */
export class ForeignArchiveError extends CompressorError {
  readonly code = 'ARCHIVE_FOREIGN';
  readonly retryable = false;
}

/** NoSuchKey on a read of the archive: it was restored and deleted before. The event asks for nothing any more. */
export class ArchiveGoneError extends CompressorError {
  readonly code = 'ARCHIVE_GONE';
  readonly retryable = false;
}

/** 412 on a read of the archive: another version of it is stored, as after a resend. That one is restored instead. */
export class ArchiveChangedError extends CompressorError {
  readonly code = 'ARCHIVE_CHANGED';
  readonly retryable = true;
}

/** The archive restores to more bytes than one invocation may take; a task without an invocation's limits can do it. */
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

/** The run's time was over in the middle of an archive; what is restored stays and is skipped the next time. */
export class RunDeadlineError extends CompressorError {
  readonly code = 'RUN_DEADLINE';
  readonly retryable = true;
}

/** With the destination's prefix before it, the key is longer than S3 takes. */
export class TargetKeyTooLongError extends CompressorError {
  readonly code = 'TARGET_KEY_TOO_LONG';
  readonly retryable = false;
}

/** Parts that an earlier attempt left do not make the object together with ours; they are discarded. */
export class ResumedUploadError extends CompressorError {
  readonly code = 'RESUMED_UPLOAD_MISMATCH';
  readonly retryable = true;
}

/** What was deleted at the source cannot be kept or looked up. Nothing is restored without, since it might bring something back. */
export class DeletionMemoryError extends CompressorError {
  readonly code = 'DELETION_MEMORY_UNAVAILABLE';
  readonly retryable = true;
  /** Whether it will be over by itself; else the table, or what may be done with it, has to be fixed. */
  readonly isOutage: boolean;

  constructor(isOutage: boolean, message: string, details: ErrorDetails) {
    super(message, details);
    this.isOutage = isOutage;
  }
}

/** Tags that followed their object in a request of their own may have come to something newer. */
export class MisplacedTagsError extends CompressorError {
  readonly code = 'TAGS_MISPLACED';
  readonly retryable = true;
}
