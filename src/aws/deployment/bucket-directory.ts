import {
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { BucketDirectory } from '../../deployment/ports.ts';
import type { CompressorError } from '../../errors.ts';
import { AccessDeniedError, UnavailableStorageError } from '../../storage/errors.ts';

/** The AWS managed key for S3, which everyone in the account may use through S3. */
const AWS_MANAGED = /(^|:)alias\/aws\/s3$/;

/** Looks up buckets in S3. */
export class S3BucketDirectory implements BucketDirectory {
  readonly #clientOf: (region: string) => S3Client;

  /** @param clientOf a client of the region, with `followRegionRedirects` to find buckets in other regions */
  constructor(clientOf: (region: string) => S3Client) {
    this.#clientOf = clientOf;
  }

  async findRegion(bucket: string, region: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const command = new HeadBucketCommand({ Bucket: bucket });
      const { BucketRegion = region } = await this.#clientOf(region).send(command, { abortSignal: signal });
      return BucketRegion;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof S3ServiceException && thrown.$metadata.httpStatusCode === 404) return undefined;
      throw bucketFailure(thrown, bucket, region);
    }
  }

  async isVersioned(bucket: string, region: string, signal: AbortSignal): Promise<boolean> {
    try {
      const command = new GetBucketVersioningCommand({ Bucket: bucket });
      const { Status } = await this.#clientOf(region).send(command, { abortSignal: signal });
      return Status === 'Enabled';
    } catch (thrown) {
      signal.throwIfAborted();
      throw bucketFailure(thrown, bucket, region);
    }
  }

  async findDefaultKey(bucket: string, region: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const command = new GetBucketEncryptionCommand({ Bucket: bucket });
      const answer = await this.#clientOf(region).send(command, { abortSignal: signal });
      const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      const keys = rules.map((rule) => rule.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID ?? '');
      return keys.find((key) => key !== '' && !AWS_MANAGED.test(key));
    } catch (thrown) {
      signal.throwIfAborted();
      const status = thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
      if (status === 403 || status === 404) return undefined;
      throw bucketFailure(thrown, bucket, region);
    }
  }
}

function bucketFailure(thrown: unknown, bucket: string, region: string): CompressorError {
  const isDenied = thrown instanceof S3ServiceException && thrown.$metadata.httpStatusCode === 403;
  const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const details = { context: { bucket, region }, cause: thrown };
  return isDenied
    ? new AccessDeniedError(
        `The deployment function has no access to bucket ${bucket} in ${region} (${said}). It belongs to another account, ` +
          'or its bucket policy denies s3:ListBucket or s3:GetBucketVersioning.',
        details,
      )
    : new UnavailableStorageError(`Bucket ${bucket} in ${region} cannot be checked: ${said}`, details);
}
