import { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import { ownBucketName } from '../../configuration/schema/resource-names.ts';
import type { ObjectCopier, VersionReader } from '../../storage/object-store.ts';

/** The buckets of one source region: that of archives that could not be replicated, and the outbound bucket. */
export interface ResendSession {
  readonly s3: S3Client;
  readonly store: VersionReader & ObjectCopier;
  readonly failedBucket: string;
  readonly outboundBucket: string;
  close(): Promise<void>;
}

/**
 * Opened in the account of the credentials that the AWS CLI would also use.
 * @param profile AWS profile; absent: from the environment
 */
export async function openResendSession(stackName: string, region: string, profile?: string): Promise<ResendSession> {
  const access = { region, ...(profile === undefined ? {} : { profile }) };
  const sts = new STSClient(access);
  const { Account = '' } = await sts.send(new GetCallerIdentityCommand({}));
  sts.destroy();
  const s3 = new S3Client(access);
  const store = new S3ObjectStore({ client: s3 });
  return {
    s3,
    store,
    failedBucket: ownBucketName(stackName, Account, region, 'failed'),
    outboundBucket: ownBucketName(stackName, Account, region, 'outbound'),
    close: async () => {
      await store.close();
      s3.destroy();
    },
  };
}
