import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { S3InventoryFiles } from '../../aws/s3/inventory-files.ts';
import type { InventoryFile, InventoryFiles } from '../../inventory/dependencies.ts';
import { type InventoryManifest, parseInventoryManifest } from '../../inventory/manifest.ts';
import { readInventory } from '../../inventory/read-inventory.ts';
import { ObjectNotFoundError } from '../../storage/errors.ts';
import { isS3Name, parseS3Location } from '../command/s3-location.ts';
import { type BucketObjects, openReadableBucket } from './bucket-objects.ts';
import type { EstimateSource, SourceOptions } from './estimate-source.ts';

/**
 * Objects that an S3 Inventory lists, read from the listed bucket. The data files of a manifest on disk are searched
 * for next to it and in `data/`, then in S3.
 */
export async function openInventorySource(name: string, options: SourceOptions): Promise<EstimateSource> {
  // The given region is that of the objects; the inventory may be in another one.
  const elsewhere = { profile: options.profile, signal: options.signal };
  const text = isS3Name(name) ? await readManifestText(name, elsewhere) : await readFile(name, 'utf8');
  const manifest = parseInventoryManifest(text, name);
  const objects = await openReadableBucket(manifest.bucket, options);
  const remote = await openReadableBucket(manifest.fileBucket, elsewhere);
  const inS3 = new S3InventoryFiles(remote.store, manifest.fileBucket, options.signal);
  return sourceOf(name, { manifest, files: isS3Name(name) ? inS3 : localFiles(dirname(name), inS3), objects, remote });
}

interface OpenInventory {
  readonly manifest: InventoryManifest;
  readonly files: InventoryFiles;
  readonly objects: BucketObjects;
  readonly remote: BucketObjects;
}

function sourceOf(name: string, { manifest, files, objects, remote }: OpenInventory): EstimateSource {
  return {
    name,
    bucket: manifest.bucket,
    prefix: '',
    region: objects.region,
    time: manifest.created,
    isRemote: true,
    entries: () => readInventory(manifest, files),
    listRequests: () => 0,
    skipped: () => [],
    read: (unit, signal) => objects.reader.read(unit, signal),
    [Symbol.asyncDispose]: async () => {
      await objects[Symbol.asyncDispose]();
      await remote[Symbol.asyncDispose]();
    },
  };
}

async function readManifestText(name: string, options: Omit<SourceOptions, 'region'>): Promise<string> {
  const { bucket, prefix: key } = parseS3Location(name);
  await using opened = await openReadableBucket(bucket, options);
  const { store } = opened;
  const found = await store.head({ bucket, key }, options.signal);
  if (found === undefined) throw new ObjectNotFoundError(`${name} does not exist.`, { context: { bucket, key } });
  const into = new Uint8Array(found.size);
  await store.read({ bucket, key, etag: found.etag, into, signal: options.signal });
  return new TextDecoder().decode(into);
}

function localFiles(folder: string, otherwise: InventoryFiles): InventoryFiles {
  return {
    open: async (key) => {
      for (const subfolder of ['', 'data', '../data']) {
        const path = join(folder, subfolder, basename(key));
        const found = await stat(path).catch(() => undefined);
        if (found?.isFile() === true) return openLocalFile(path, found.size);
      }
      return otherwise.open(key);
    },
  };
}

async function openLocalFile(path: string, size: number): Promise<InventoryFile> {
  const file = await open(path);
  return {
    size,
    read: async (start, length) => {
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, start);
      return bytes;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
