import { S3ObjectPager } from '../../aws/s3/object-pager.ts';
import type { ObjectPager } from '../../listing/dependencies.ts';
import { listObjects } from '../../listing/list-objects.ts';
import type { S3Location } from '../command/s3-location.ts';
import { openReadableBucket } from './bucket-objects.ts';
import type { EstimateSource, SourceOptions } from './estimate-source.ts';

/** Objects of a bucket, as S3 lists them. Needs `s3:ListBucket` and `s3:GetObject`. */
export async function openBucketSource(
  { bucket, prefix }: S3Location,
  options: SourceOptions,
): Promise<EstimateSource> {
  const opened = await openReadableBucket(bucket, options);
  const pager = new S3ObjectPager(opened.client);
  let requests = 0;
  const counting: ObjectPager = {
    page: (request) => {
      requests += 1;
      return pager.page(request);
    },
  };
  return {
    name: `s3://${bucket}/${prefix}`,
    bucket,
    prefix,
    region: opened.region,
    time: Date.now(),
    isRemote: true,
    // In the order of keys, so that the same seed draws the same sample.
    entries: () => listObjects(counting, { bucket, prefixes: [prefix], order: 'key', signal: options.signal }),
    listRequests: () => requests,
    skipped: () => [],
    read: (unit, signal) => opened.reader.read(unit, signal),
    [Symbol.asyncDispose]: async () => {
      await pager.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}
