import { S3Client } from '@aws-sdk/client-s3';
import type { ListedObject, ObjectPage, ObjectPager, PageRequest } from '../../listing/dependencies.ts';
import { MIB } from '../../units.ts';
import { S3Connection } from './connection.ts';
import { stripQuotes } from './describe-object.ts';
import { encodeUriComponent } from './encode-key.ts';
import { TextSink } from './text-sink.ts';
import { readElements, readText } from './xml.ts';

/** S3's largest page. */
const PAGE = 1000;
/**
 * Keys of 1,024 bytes take three times that when encoded, and the other fields of an object take a few hundred bytes
 * more.
 */
const MAX_PAGE_BYTES = 8 * MIB;

/** Pages of ListObjectsV2. Needs `s3:ListBucket` alone. */
export class S3ObjectPager implements ObjectPager {
  readonly #connection: S3Connection;

  /** @param client provides credentials, region and endpoint. Default: from the environment */
  constructor(client = new S3Client({})) {
    this.#connection = new S3Connection(client);
  }

  async page({ bucket, prefix, startAfter, maxKeys = PAGE, signal }: PageRequest): Promise<ObjectPage> {
    const sink = new TextSink(MAX_PAGE_BYTES);
    const after = startAfter === undefined ? '' : `&start-after=${encodeUriComponent(startAfter)}`;
    await this.#connection.send({
      kind: 'read',
      operation: 'ListObjectsV2',
      method: 'GET',
      bucket,
      key: '',
      // Keys are requested URL-encoded, since XML cannot express control characters.
      query: `encoding-type=url&list-type=2&max-keys=${maxKeys}&prefix=${encodeUriComponent(prefix)}${after}`,
      headers: [],
      sink,
      signal,
    });
    const body = sink.text();
    const head = body.slice(0, body.indexOf('<Contents>') + 1) + body.slice(body.lastIndexOf('</Contents>') + 1);
    const decode = readText(head, 'EncodingType') === 'url' ? decodeListedKey : (key: string): string => key;
    return {
      objects: readElements(body, 'Contents').map((xml) => readObject(xml, decode)),
      isTruncated: readText(head, 'IsTruncated') === 'true',
    };
  }

  /** Ends the connections; calls under way finish first. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

function readObject(xml: string, decode: (key: string) => string): ListedObject {
  return {
    key: decode(readText(xml, 'Key') ?? ''),
    size: Number(readText(xml, 'Size')),
    etag: stripQuotes(readText(xml, 'ETag') ?? ''),
    lastModified: Date.parse(readText(xml, 'LastModified') ?? ''),
    storageClass: readText(xml, 'StorageClass') ?? 'STANDARD',
  };
}

/** Form encoding: a plus sign is a space. */
function decodeListedKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
