import { S3Client } from '@aws-sdk/client-s3';
import { S3ObjectPager } from '../../../aws/s3/object-pager.ts';
import { S3ObjectStore } from '../../../aws/s3/object-store.ts';
import type { ObjectPager } from '../../../listing/dependencies.ts';
import type { ObjectReader } from '../../../storage/object-store.ts';
import { DemoInputError } from '../errors.ts';

/** Location of a user's bucket; everything else comes from the environment. */
export interface BucketAccess {
  readonly region?: string;
  readonly profile?: string;
}

/** Reads of a real bucket, with the user's own credentials: nothing here can write. */
export interface OpenBucket extends AsyncDisposable {
  readonly pager: ObjectPager;
  readonly reader: ObjectReader;
}

/** @throws DemoInputError when the region is unknown */
export async function openBucket({ region, profile }: BucketAccess): Promise<OpenBucket> {
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  });
  try {
    await client.config.region();
  } catch (cause) {
    throw new DemoInputError('The AWS region is unknown. Pass --region, or set AWS_REGION.', { cause });
  }
  const pager = new S3ObjectPager(client);
  const reader = new S3ObjectStore({ client });
  return {
    pager,
    reader,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([pager.close(), reader.close()]);
      client.destroy();
    },
  };
}
