import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT } from '../command/project.ts';
import { RECEIVED_TOO_OFTEN } from './dead-letter.ts';

/** The advice for each code, from docs/errors.md, the only place where it is written. */
export async function readAdvice(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(join(PROJECT, 'docs/errors.md'), 'utf8');
  return new Map([
    ...parseAdvice(page),
    [
      RECEIVED_TOO_OFTEN,
      'The function failed or was killed each time it received the message: read its log, then redrive.',
    ],
  ]);
}

/** The last column of each row that has four: code, retry, means, do. */
export function parseAdvice(page: string): Map<string, string> {
  const rows = page.matchAll(/^\| `([A-Z_]+)` \| [a-z ]+ \| [^|]+ \| ([^|]+) \|$/gm);
  return new Map([...rows].map(([, code = '', advice = '']) => [code, advice.trim()]));
}
