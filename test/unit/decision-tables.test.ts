import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const TESTS = new URL('..', import.meta.url);
const DECISIONS = new URL('../../docs/decisions/', import.meta.url);

/** Rows `| scenario | protects | file | test |` of all decisions except 7, which has its own test. */
const rows = readdirSync(DECISIONS)
  .filter((name) => !name.startsWith('0007'))
  .flatMap((name) => {
    const text = readFileSync(new URL(name, DECISIONS), 'utf8');
    const found = text.matchAll(/^\| ([^|]+) \| [^|]+ \| `([^`|]+\.test\.ts)` \| (.+) \|$/gm);
    return [...found].map(([, scenario = '', file = '', title = '']) => ({ name, scenario, file, title }));
  });

describe('the tables of tests in the decisions', () => {
  test('are found', () => {
    expect(rows.some(({ name }) => name.startsWith('0015'))).toBe(true);
  });

  test.each(rows)('$name: $scenario is protected by "$title"', ({ file, title }) => {
    const text = readFileSync(new URL(file, TESTS), 'utf8').replaceAll("\\'", "'");
    expect(text).toContain(title);
  });
});

test('the README says that versions that become current again are not carried over', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  const section = /## What is not carried over (.*?) ## /.exec(readme)?.[1];
  expect(section).toContain('become current again');
});
