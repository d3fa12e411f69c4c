import { CompressorError } from '../errors.ts';

/** CloudWatch did not respond, or S3 did not list a bucket, so this invocation cannot say how late a rule is. */
export class UnknownWatermarkError extends CompressorError {
  readonly code = 'WATERMARK_UNKNOWN';
  readonly retryable = true;
}
