import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { relativeKey } from '../../archive/member-name.ts';
import { withFilePath } from '../command/with-file-path.ts';
import { ExtractionRefusedError } from './errors.ts';
import type { DamagedEntry, EntryChunk, ReadableArchive } from './readable-archive.ts';

export interface ExtractOptions {
  /** Absolute or relative; created if it does not exist. */
  readonly folder: string;
  readonly canOverwrite: boolean;
  readonly wanted: ((index: number) => boolean) | undefined;
  /** Called with the bytes before they are written; an error that it throws ends the extraction. */
  readonly onChunk: (chunk: EntryChunk) => void;
}

export interface Extraction {
  readonly written: number;
  readonly bytes: number;
  /** Objects that are damaged in the archive, or cannot be written into the folder. */
  readonly refused: readonly DamagedEntry[];
}

/**
 * The path of an object below a folder: its key, with segments that are not valid file names (`''`, `.`, `..`, too
 * long, NUL) changed as in member names. No key leads out of the folder.
 */
export function fileOf(folder: string, key: string): string {
  const root = resolve(folder);
  const file = join(root, relativeKey(key));
  if (file.startsWith(root.endsWith(sep) ? root : root + sep)) return file;
  throw new ExtractionRefusedError(`"${key}" would be written outside ${folder}`, { context: { key, folder } });
}

/**
 * Writes objects as files. Existing files are kept unless `canOverwrite` is set, and symbolic links below the folder
 * are never followed. A damaged object leaves no file behind.
 * @throws errors of node:fs, such as for a full disk or a read-only folder, and errors of reading the archive
 */
export async function extractEntries(readable: ReadableArchive, options: ExtractOptions): Promise<Extraction> {
  const root = resolve(options.folder);
  await mkdir(root, { recursive: true });
  const refused = new Map<number, string>();
  const files = new Map<number, string>();
  let current: { readonly index: number; readonly handle: FileHandle } | undefined;
  let bytes = 0;

  const finish = async (): Promise<void> => {
    const { handle } = current ?? {};
    current = undefined;
    await handle?.close();
  };
  const visit = async (chunk: EntryChunk): Promise<void> => {
    options.onChunk(chunk);
    if (refused.has(chunk.index)) return;
    if (current?.index !== chunk.index) {
      await finish();
      const entry = readable.entries[chunk.index];
      if (entry === undefined) return;
      try {
        const file = fileOf(root, entry.key);
        current = { index: chunk.index, handle: await create(root, file, options.canOverwrite) };
        files.set(chunk.index, file);
      } catch (thrown) {
        refused.set(chunk.index, refusalOf(thrown, entry.key));
        return;
      }
    }
    await withFilePath(files.get(chunk.index) ?? root, writeAll(current.handle, chunk));
    bytes += chunk.bytes.length;
  };

  try {
    const damaged = await readable.read(options.wanted, visit);
    await finish();
    for (const { entry, reason } of damaged) {
      const index = readable.entries.indexOf(entry);
      refused.set(index, reason);
      const file = files.get(index);
      files.delete(index);
      if (file !== undefined) await unlink(file);
    }
  } catch (thrown) {
    // The file is incomplete: a full disk or Ctrl-C must not leave half an object that looks complete.
    const half = current === undefined ? undefined : files.get(current.index);
    await finish();
    if (half !== undefined) await unlink(half);
    throw thrown;
  }
  return {
    written: files.size,
    bytes,
    refused: [...refused].flatMap(([index, reason]) => {
      const entry = readable.entries[index];
      return entry === undefined ? [] : [{ entry, reason }];
    }),
  };
}

async function writeAll(handle: FileHandle, { bytes, start }: EntryChunk): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const result = await handle.write(bytes, written, bytes.length - written, start + written);
    written += result.bytesWritten;
  }
}

async function create(root: string, file: string, canOverwrite: boolean): Promise<FileHandle> {
  await makeFolders(root, dirname(file));
  if (canOverwrite) await unlink(file).catch(ignoreMissing);
  // O_EXCL does not follow a link at the last segment, and never opens an existing file.
  return open(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o666);
}

/** Creates each folder on the way down, and refuses symbolic links among them, which could lead anywhere. */
async function makeFolders(root: string, folder: string): Promise<void> {
  let path = root;
  for (const segment of relative(root, folder).split(sep)) {
    if (segment === '') continue;
    path = join(path, segment);
    await mkdir(path).catch(ignoreExisting);
    const found = await lstat(path);
    if (found.isDirectory()) continue;
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'a file';
    throw new ExtractionRefusedError(`${relative(root, path)} is ${what}, but must be a folder`, {
      context: { path },
    });
  }
}

function refusalOf(thrown: unknown, key: string): string {
  if (thrown instanceof ExtractionRefusedError) return thrown.message;
  switch (codeOf(thrown)) {
    case 'EEXIST':
      return `a file or folder with that name exists; --overwrite replaces files`;
    case 'EISDIR':
    case 'EPERM':
      return `a folder with that name exists`;
    case 'ENAMETOOLONG':
      return `"${key}" is too long for a path here; read it with \`archive cat\``;
    default:
      throw thrown;
  }
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}

function ignoreExisting(thrown: unknown): void {
  if (codeOf(thrown) !== 'EEXIST') throw thrown;
}

function ignoreMissing(thrown: unknown): void {
  if (codeOf(thrown) !== 'ENOENT') throw thrown;
}
