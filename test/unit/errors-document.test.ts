import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Code and `retryable` of every error class, as the sources have them. */
function declaredErrors(): Map<string, string> {
  const declared = new Map<string, string>();
  const files = ['src', 'local-cloud'].flatMap((room) =>
    readdirSync(join(PROJECT, room), { recursive: true, encoding: 'utf8' }).map((path) => join(PROJECT, room, path)),
  );
  for (const path of files.filter((file) => file.endsWith('errors.ts'))) {
    const text = readFileSync(path, 'utf8');
    for (const [, code = '', retryable = ''] of text.matchAll(
      /readonly code = '([A-Z_]+)';\s*(?:\/\*\*.*\*\/\s*)?readonly retryable(?: = (true|false)|: boolean);/g,
    )) {
      declared.set(code, { true: 'yes', false: 'no' }[retryable] ?? 'by cause');
    }
  }
  return declared;
}

/** The same, as docs/errors.md has them. */
function documentedErrors(): Map<string, string> {
  const text = readFileSync(join(PROJECT, 'docs/errors.md'), 'utf8');
  return new Map(
    [...text.matchAll(/^\| `([A-Z_]+)` \| ([a-z ]+) \|/gm)].map(([, code = '', retry = '']) => [code, retry]),
  );
}

describe('docs/errors.md', () => {
  test('has every error code with its retry behaviour, and no other', () => {
    const sorted = (errors: Map<string, string>) => [...errors].toSorted(([left], [right]) => (left < right ? -1 : 1));
    expect(declaredErrors().size).toBeGreaterThan(30);
    expect(sorted(documentedErrors())).toEqual(sorted(declaredErrors()));
  });
});
