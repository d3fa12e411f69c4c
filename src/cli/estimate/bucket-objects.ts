import { S3Client } from '@aws-sdk/client-s3';
import { findBucketRegion } from '../../aws/s3/bucket-region.ts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import { ObjectNotFoundError } from '../../storage/errors.ts';
import type { SourceOptions } from './estimate-source.ts';
import type { SampleReader } from './measure-sample.ts';

/** A bucket that is open for reading. */
export interface BucketObjects extends AsyncDisposable {
  readonly client: S3Client;
  readonly store: S3ObjectStore;
  readonly region: string;
  readonly reader: SampleReader;
}

/** Opens a bucket in its own region, unless another one is given. */
export async function openReadableBucket(
  bucket: string,
  { region, profile }: Pick<SourceOptions, 'region' | 'profile'>,
): Promise<BucketObjects> {
  const settings = profile === undefined ? {} : { profile };
  const asked = new S3Client({ ...settings, region: region ?? (await configuredRegion(settings)) });
  const found = region ?? (await findBucketRegion(asked, bucket)) ?? (await asked.config.region());
  const client = found === (await asked.config.region()) ? asked : new S3Client({ ...settings, region: found });
  const store = new S3ObjectStore({ client });
  return {
    client,
    store,
    region: found,
    reader: {
      read: async ({ entry, start, length }, signal) => {
        const location = { bucket, key: entry.key };
        // An inventory may lack ETags.
        const etag = entry.etag ?? (await store.head(location, signal))?.etag;
        if (etag === undefined) throw new ObjectNotFoundError(`s3://${bucket}/${entry.key} no longer exists.`);
        const into = new Uint8Array(length);
        const range = length === entry.size ? {} : { start };
        await store.read({ ...location, etag, into, ...range, signal });
        return into;
      },
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      asked.destroy();
      client.destroy();
    },
  };
}

/** Any region can report where a bucket is. */
async function configuredRegion(settings: { readonly profile?: string }): Promise<string> {
  const client = new S3Client(settings);
  try {
    return await client.config.region();
  } catch {
    return 'us-east-1';
  } finally {
    client.destroy();
  }
}
