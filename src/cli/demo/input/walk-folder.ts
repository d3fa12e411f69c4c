import { isUtf8 } from 'node:buffer';
import { constants, type Dirent } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { systemErrorCode } from './system-error-code.ts';

/** A regular file below a folder. */
export interface FoundFile {
  /** Relative to the folder, with `/`: the end of its key. */
  readonly relativePath: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Something in the folder that does not become an object, and why. */
export interface SkippedEntry {
  readonly relativePath: string;
  readonly reason: string;
}

export interface FolderContent {
  readonly files: readonly FoundFile[];
  readonly skipped: readonly SkippedEntry[];
}

/** Returns the size of the file at a path in bytes. */
type Look = (path: string) => Promise<{ readonly size: number }>;

/**
 * All regular files below a folder, in order of their paths. Names are read as bytes: one that is not UTF-8 cannot be
 * an S3 key, so it is skipped and reported here instead of failing later under a changed name.
 * @param look reads the size of a file found in a folder
 */
export async function walkFolder(folder: string, look: Look = lstat): Promise<FolderContent> {
  const files: FoundFile[] = [];
  const skipped: SkippedEntry[] = [];
  const pending = [''];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    const entries = await openFolder(folder, parent, skipped);
    await Promise.all(
      entries.map(async (entry) => {
        const relativePath = `${parent}${entry.name.toString()}`;
        const path = `${folder}/${relativePath}`;
        const problem = await findProblem(entry, path);
        if (problem !== undefined) skipped.push({ relativePath, reason: problem });
        else if (entry.isDirectory()) pending.push(`${relativePath}/`);
        else await addFile({ relativePath, path }, { look, files, skipped });
      }),
    );
  }
  return { files: files.sort(byPath), skipped: skipped.sort(byPath) };
}

/** A file may disappear between listing and reading it; the others are still replicated. */
async function addFile(
  file: Omit<FoundFile, 'size'>,
  { look, files, skipped }: { readonly look: Look; readonly files: FoundFile[]; readonly skipped: SkippedEntry[] },
): Promise<void> {
  try {
    const { size } = await look(file.path);
    files.push({ ...file, size });
  } catch (thrown) {
    skipped.push({ relativePath: file.relativePath, reason: unreadable(thrown) });
  }
}

async function openFolder(folder: string, parent: string, skipped: SkippedEntry[]): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(`${folder}/${parent}`, { withFileTypes: true, encoding: 'buffer' });
  } catch (thrown) {
    if (parent === '') throw thrown;
    skipped.push({ relativePath: parent, reason: unreadable(thrown) });
    return [];
  }
}

async function findProblem(entry: Dirent<Buffer>, path: string): Promise<string | undefined> {
  if (!isUtf8(entry.name)) return 'its name is not UTF-8';
  if (entry.isSymbolicLink()) return 'symbolic link';
  if (entry.isDirectory()) return undefined;
  if (!entry.isFile()) return 'not a regular file';
  try {
    await access(path, constants.R_OK);
    return undefined;
  } catch (thrown) {
    return unreadable(thrown);
  }
}

function unreadable(thrown: unknown): string {
  return `cannot be read (${systemErrorCode(thrown) ?? String(thrown)})`;
}

function byPath(left: { readonly relativePath: string }, right: { readonly relativePath: string }): number {
  return left.relativePath < right.relativePath ? -1 : 1;
}
