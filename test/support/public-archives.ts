import { pack } from 'tar-stream';
import { compressFrame } from './archives.ts';

export interface PublicMember {
  readonly name: string;
  readonly body: Uint8Array;
}

export interface PublicEntry {
  readonly source_bucket?: string;
  readonly source_prefix: string;
  readonly object_name: string;
  readonly relative_key?: string;
  readonly size: number;
  readonly tags?: readonly Readonly<Record<string, string>>[];
  readonly creation_time?: string;
  readonly etag?: string;
  readonly storage_class?: string;
}

/** The entry that the public implementation's source writes for an object of `source-bucket`. */
export function publicEntry(key: string, size: number, more: Partial<PublicEntry> = {}): PublicEntry {
  const slash = key.lastIndexOf('/');
  return {
    source_bucket: 'source-bucket',
    source_prefix: slash < 0 ? '' : key.slice(0, slash),
    object_name: key.slice(slash + 1),
    relative_key: key,
    tags: [],
    creation_time: '2023-11-14 22:13:20',
    etag: 'd41d8cd98f00b204e9800998ecf8427e',
    size,
    storage_class: 'STANDARD',
    ...more,
  };
}

export function manifestMember(entries: readonly PublicEntry[]): PublicMember {
  const targets = [{ region: 'us-east-1', bucket: 'victim' }];
  return { name: 'manifest.json', body: Buffer.from(JSON.stringify({ targets, objects: entries }, null, 4)) };
}

export async function packTar(members: readonly PublicMember[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, body } of members) tar.entry({ name }, Buffer.from(body));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An archive without a seek table: these members, followed by a manifest of these entries. */
export async function publicArchive(
  members: readonly PublicMember[],
  entries: readonly PublicEntry[],
): Promise<Buffer> {
  return compressFrame(await packTar([...members, manifestMember(entries)]));
}
