import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findMutants, type Mutant } from './find-mutants.ts';
import { instrument } from './instrument.ts';

/** Folders in which a bug loses data. */
export const ROOMS = ['messages', 'packing', 'restoring', 'storage', 'worker'];
const ROOM_GLOB = `src/{${ROOMS.join(',')}}/**/*.ts`;

export interface MutatedFile {
  readonly file: string;
  readonly text: string;
  /** Changes with the text of the file. */
  readonly digest: string;
  /** The number of its first mutant among those of all files. */
  readonly first: number;
  readonly mutants: readonly Mutant[];
}

/** Writes all files of the folders with their mutants below a directory, and returns the numbers of the mutants. */
export async function writeMutatedRooms(directory: string): Promise<readonly MutatedFile[]> {
  await rm(directory, { recursive: true, force: true });
  const files: MutatedFile[] = [];
  let first = 0;
  for (const file of globSync(ROOM_GLOB).toSorted()) {
    const text = await readFile(file, 'utf8');
    const mutants = findMutants(text);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    files.push({ file, text, digest, first, mutants });
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), instrument(text, mutants, first));
    first += mutants.length;
  }
  return files;
}
