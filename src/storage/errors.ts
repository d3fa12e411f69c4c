import { CompressorError } from '../errors.ts';

/** NoSuchKey, NoSuchVersion, or the bare 404 of a HEAD: there is no object at the key (any more). */
export class ObjectNotFoundError extends CompressorError {
  readonly code = 'OBJECT_NOT_FOUND';
  readonly retryable = false;
}

/** 404 with another code, or none: a proxy's page or an unknown access key says nothing about the object. */
export class UnconfirmedAbsenceError extends CompressorError {
  readonly code = 'ABSENCE_UNCONFIRMED';
  readonly retryable = true;
}

/** 412 on a read: the key holds a version other than the requested one; its own event is on the way. */
export class ObjectChangedError extends CompressorError {
  readonly code = 'OBJECT_CHANGED';
  readonly retryable = false;
}

/** The size of the object differs from that in the event, the archive's index or the response's own header. */
export class ObjectSizeError extends CompressorError {
  readonly code = 'OBJECT_SIZE_MISMATCH';
  readonly retryable = true;
}

/** GLACIER, DEEP_ARCHIVE or an archive tier: the bytes cannot be read until a user restores them. */
export class ObjectArchivedError extends CompressorError {
  readonly code = 'OBJECT_ARCHIVED';
  readonly retryable = false;
}

/** SSE-C: only the holder of the customer's key can read the object. */
export class CustomerKeyError extends CompressorError {
  readonly code = 'OBJECT_CUSTOMER_KEY';
  readonly retryable = false;
}

/** 403 from S3 or KMS. Retried, since people fix policies while messages wait. */
export class AccessDeniedError extends CompressorError {
  readonly code = 'STORAGE_ACCESS_DENIED';
  readonly retryable = true;
}

/** 412 or 409 on a write: the key has changed in the meantime; check and decide again. */
export class WriteConditionError extends CompressorError {
  readonly code = 'WRITE_CONDITION_FAILED';
  readonly retryable = true;
}

/** Throttling, 5xx, resets and timeouts that outlived the retries of one call. */
export class UnavailableStorageError extends CompressorError {
  readonly code = 'STORAGE_UNAVAILABLE';
  readonly retryable = true;
}

/** Any other 4xx: a request that S3 will never accept. */
export class StorageRejectedError extends CompressorError {
  readonly code = 'STORAGE_REJECTED';
  readonly retryable = false;
}

/** Headers and metadata, even without the tags, exceed S3's limit for one request. */
export class HeadersTooLargeError extends CompressorError {
  readonly code = 'HEADERS_TOO_LARGE';
  readonly retryable = false;
}

/** A multipart upload was completed or aborted by someone else, or has expired; starting a new one can help. */
export class UploadGoneError extends CompressorError {
  readonly code = 'UPLOAD_GONE';
  readonly retryable = true;
}
