import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { KeyLister, KeyRange, ListedKey } from '../../watermark/dependencies.ts';
import { WatermarkUnknownError } from '../../watermark/errors.ts';

/** Lists buckets of whichever region. */
export class S3KeyLister implements KeyLister {
  readonly #open: (region: string) => S3Client;
  readonly #clients = new Map<string, S3Client>();

  constructor(open: (region: string) => S3Client) {
    this.#open = open;
  }

  async firstKeys({ region, bucket, prefix }: KeyRange, most: number): Promise<readonly ListedKey[]> {
    const client = this.#clients.get(region) ?? this.#open(region);
    this.#clients.set(region, client);
    try {
      const { Contents = [] } = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: most }),
      );
      return Contents.map(({ Key = '', LastModified }) => ({ key: Key, lastModified: LastModified?.getTime() ?? 0 }));
    } catch (cause) {
      const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new WatermarkUnknownError(`Bucket ${bucket} of ${region} cannot be listed: ${said}`, {
        context: { bucket, region },
        cause,
      });
    }
  }
}
