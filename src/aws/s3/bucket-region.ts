import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * The region of a bucket, which S3 reports even if it denies access; undefined if a server does not report it.
 * @throws errors that did not come from a server, such as missing credentials
 */
export async function findBucketRegion(client: S3Client, bucket: string): Promise<string | undefined> {
  try {
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return BucketRegion;
  } catch (thrown) {
    const answer: unknown =
      typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, '$response') : undefined;
    if (typeof answer !== 'object' || answer === null) throw thrown;
    const headers: unknown = Reflect.get(answer, 'headers');
    const region: unknown =
      typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'x-amz-bucket-region') : undefined;
    return typeof region === 'string' && region !== '' ? region : undefined;
  }
}
