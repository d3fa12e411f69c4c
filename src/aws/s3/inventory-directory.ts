import { MIB } from '../../units.ts';
import type { InventoryConfiguration, InventoryDirectory } from '../../verifying/find-inventory.ts';
import type { S3Connection } from './connection.ts';
import { encodeUriComponent } from './encode-key.ts';
import { TextSink } from './text-sink.ts';
import { readElements, readText } from './xml.ts';
import { readPath } from './xml-children.ts';

/**
 * A response lists 100 configurations, or 1,000 keys of 1,024 bytes, which are three times as long when encoded.
 */
const MAX_ANSWER_BYTES = 8 * MIB;

/**
 * Inventories of buckets in one region. Needs `s3:GetInventoryConfiguration` on the buckets that are listed,
 * `s3:ListBucket` on those that the inventories are delivered to.
 */
export class S3InventoryDirectory implements InventoryDirectory {
  readonly #connection: S3Connection;

  constructor(connection: S3Connection) {
    this.#connection = connection;
  }

  async configurationsOf(bucket: string, signal: AbortSignal): Promise<readonly InventoryConfiguration[]> {
    const found: InventoryConfiguration[] = [];
    for (let token: string | undefined; ; ) {
      const next = token === undefined ? '' : `continuation-token=${encodeUriComponent(token)}&`;
      const answer = await this.#get('ListBucketInventoryConfigurations', bucket, `${next}inventory=`, signal);
      found.push(...readElements(answer, 'InventoryConfiguration').map(readInventoryConfiguration));
      token = readText(answer, 'NextContinuationToken');
      if (readText(answer, 'IsTruncated') !== 'true' || token === undefined) return found;
    }
  }

  async keysAfter(bucket: string, prefix: string, after: string, signal: AbortSignal): Promise<readonly string[]> {
    const query = `list-type=2&prefix=${encodeUriComponent(prefix)}&start-after=${encodeUriComponent(after)}`;
    const answer = await this.#get('ListObjectsV2', bucket, query, signal);
    return readElements(answer, 'Contents').map((xml) => readText(xml, 'Key') ?? '');
  }

  async #get(operation: string, bucket: string, query: string, signal: AbortSignal): Promise<string> {
    const sink = new TextSink(MAX_ANSWER_BYTES);
    await this.#connection.send({
      kind: 'read',
      operation,
      method: 'GET',
      bucket,
      key: '',
      query,
      headers: [],
      sink,
      signal,
    });
    return sink.text();
  }
}

function readInventoryConfiguration(xml: string): InventoryConfiguration {
  const destination = (name: string): string => readPath(xml, 'Destination', 'S3BucketDestination', name);
  return {
    id: readPath(xml, 'Id'),
    isEnabled: readPath(xml, 'IsEnabled') === 'true',
    prefix: readPath(xml, 'Filter', 'Prefix'),
    format: destination('Format'),
    fields: readElements(xml, 'Field'),
    // An ARN.
    fileBucket: destination('Bucket').split(':').at(-1) ?? '',
    filePrefix: destination('Prefix').replace(/\/$/, ''),
  };
}
