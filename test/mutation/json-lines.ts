import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The entries of a file of JSON lines, without those that a killed process wrote only in part; none if there is no
 * file.
 */
export async function readJsonLines<T>(path: string): Promise<readonly T[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
}

/** After a line break, because the last line may be incomplete. */
export async function appendJsonLine(path: string, entry: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `\n${JSON.stringify(entry)}`, { flag: 'a' });
}
