import { CompressorError } from '../errors.ts';

/** CloudWatch did not answer, or S3 did not list a bucket: how late a rule is cannot be said in this invocation. */
export class UnknownWatermarkError extends CompressorError {
  readonly code = 'WATERMARK_UNKNOWN';
  readonly retryable = true;
}
