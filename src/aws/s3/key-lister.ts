import { asCompressorError } from '../../errors.ts';
import type { KeyLister, KeyRange, ListedKey } from '../../watermark/dependencies.ts';
import { UnknownWatermarkError } from '../../watermark/errors.ts';
import type { S3Connection } from './connection.ts';
import { encodeUriComponent } from './encode-key.ts';
import { readElements, readText } from './xml.ts';

/** Lists buckets of any region with the thin client: with the SDK, 500 routes took three times the CPU time. */
export class S3KeyLister implements KeyLister {
  readonly #connectionOf: (region: string) => S3Connection;

  /** @param connectionOf returns the same connection for the same region each time */
  constructor(connectionOf: (region: string) => S3Connection) {
    this.#connectionOf = connectionOf;
  }

  async firstKeys(
    { region, bucket, prefix, after }: KeyRange,
    most: number,
    signal?: AbortSignal,
  ): Promise<readonly ListedKey[]> {
    const start = after === undefined ? '' : `&start-after=${encodeUriComponent(after)}`;
    try {
      const { body } = await this.#connectionOf(region).send({
        kind: 'read',
        operation: 'ListObjectsV2',
        method: 'GET',
        bucket,
        key: '',
        query: `list-type=2&max-keys=${most}&prefix=${encodeUriComponent(prefix)}${start}`,
        headers: [],
        signal,
      });
      return readElements(body, 'Contents').map((content) => ({
        key: readText(content, 'Key') ?? '',
        lastModified: Date.parse(readText(content, 'LastModified') ?? ''),
      }));
    } catch (thrown) {
      const cause = asCompressorError(thrown);
      throw new UnknownWatermarkError(
        `Bucket ${bucket} in ${region} cannot be listed: ${cause.code}: ${cause.message}`,
        {
          context: { bucket, region },
          cause,
        },
      );
    }
  }
}
