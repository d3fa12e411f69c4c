import { lstat, open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ObjectEntry } from '../../listing/dependencies.ts';
import { type FoundFile, walkFolder } from '../demo/input/walk-folder.ts';
import { DEFAULT_REGION, type EstimateSource, type SourceOptions } from './estimate-source.ts';

const PAGE = 1000;

/** Files of a folder, described as objects. */
export async function openFolderSource(
  folder: string,
  { region = DEFAULT_REGION }: SourceOptions,
): Promise<EstimateSource> {
  const root = resolve(folder);
  const { files, skipped } = await walkFolder(root);
  const paths = new Map(files.map(({ relativePath, path }) => [relativePath, path]));
  return {
    name: folder,
    bucket: bucketNameOf(root),
    prefix: '',
    region,
    time: Date.now(),
    isRemote: false,
    entries: () => pagesOf(files),
    listRequests: () => 0,
    skipped: () => skipped.map(({ relativePath, reason }) => `${relativePath}: ${reason}`),
    read: ({ entry, start, length }) => readPart(paths.get(entry.key) ?? '', start, length),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* pagesOf(files: readonly FoundFile[]): AsyncGenerator<readonly ObjectEntry[], void> {
  for (let first = 0; first < files.length; first += PAGE) {
    yield await Promise.all(
      files.slice(first, first + PAGE).map(async ({ relativePath, path, size }) => {
        const { mtimeMs } = await lstat(path);
        return { key: relativePath, size, lastModified: mtimeMs };
      }),
    );
  }
}

/** @throws RangeError if the file became shorter */
async function readPart(path: string, start: number, length: number): Promise<Uint8Array> {
  await using file = await open(path);
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new RangeError(`${path} became shorter while it was being read`);
    filled += bytesRead;
  }
  return bytes;
}

/** A valid bucket name, for rules. */
function bucketNameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return name.length < 3 ? 'example-bucket' : name;
}
