import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const TESTS = new URL('..', import.meta.url);
const DECISIONS = new URL('../../docs/decisions/', import.meta.url);
const TABLES = ['0007-weak-points-and-their-tests.md', '0017-nothing-dropped-in-silence.md'];

/** Rows that must be in the table; it may have others. */
const REQUIRED = [
  ...Array.from({ length: 14 }, (_, index) => `C1.${index + 1}`),
  ...['C1.16', 'C2.1', 'C2.2', 'C2.4', 'C2.5', 'C3.1', 'C3.2', 'C3.4', 'C3.5', 'C3.6', 'C3.7', 'C3.8'],
  ...Array.from({ length: 8 }, (_, index) => `C4.${index + 1}`),
];

const text = TABLES.map((name) => readFileSync(new URL(name, DECISIONS), 'utf8')).join('\n');
const rows = [...text.matchAll(/^\| (C\d+\.\d+|[456]) \| [^|]+ \| `([^`]+)` \| (.+) \|$/gm)].map(
  ([, row = '', file = '', title = '']) => ({ row, file, title }),
);

describe('the tables of weak points', () => {
  test('have every required row', () => {
    const known = new Set(rows.map(({ row }) => row));
    expect(REQUIRED.filter((row) => !known.has(row))).toEqual([]);
  });

  test.each(rows)('$row is protected by "$title"', ({ file, title }) => {
    const text = readFileSync(fileURLToPath(new URL(file, TESTS)), 'utf8').replaceAll("\\'", "'");
    expect(text).toContain(title);
  });
});
