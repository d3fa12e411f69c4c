import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Code and `retryable` of every error class in the sources. */
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

/** The same from docs/errors.md. */
function documentedErrors(): Map<string, string> {
  const text = readFileSync(join(PROJECT, 'docs/errors.md'), 'utf8');
  return new Map(
    [...text.matchAll(/^\| `([A-Z_]+)` \| ([a-z ]+) \|/gm)].map(([, code = '', retry = '']) => [code, retry]),
  );
}

/** What to change so that the page agrees with the code. */
function remedies(): string[] {
  const declared = declaredErrors();
  const documented = documentedErrors();
  const missing = [...declared].flatMap(([code, retry]) => {
    const said = documented.get(code);
    if (said === retry) return [];
    return said === undefined
      ? [`Add a row for \`${code}\` to docs/errors.md: | \`${code}\` | ${retry} | what it means | what to do |`]
      : [`docs/errors.md says "${said}" for \`${code}\`, and its class "${retry}": correct the one that is wrong.`];
  });
  const unknown = [...documented.keys()].filter((code) => !declared.has(code));
  return [
    ...missing,
    ...unknown.map((code) => `No class has the code \`${code}\`: remove its row from docs/errors.md.`),
  ];
}

describe('docs/errors.md', () => {
  test('has every error code with its retry behavior, and no other', () => {
    expect(declaredErrors().size).toBeGreaterThan(30);
    expect(remedies()).toEqual([]);
  });
});
