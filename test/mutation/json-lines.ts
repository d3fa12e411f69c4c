import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The entries of a file of JSON lines, without those of which a killed process wrote only a part; none where there is no file. */
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

/** Behind a new line, since the last one may be a part. */
export async function appendJsonLine(path: string, entry: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `\n${JSON.stringify(entry)}`, { flag: 'a' });
}
