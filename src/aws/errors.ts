import { CompressorError } from '../errors.ts';

/** The bucket does not exist (yet). Retried, since a stack may be deployed while messages wait. */
export class BucketNotFoundError extends CompressorError {
  readonly code = 'BUCKET_NOT_FOUND';
  readonly retryable = true;
}

/** A multipart upload was completed, aborted or expired by someone else; starting a new one can help. */
export class UploadGoneError extends CompressorError {
  readonly code = 'UPLOAD_GONE';
  readonly retryable = true;
}
