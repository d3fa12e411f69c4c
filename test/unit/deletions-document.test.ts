import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const TESTS = new URL('..', import.meta.url);
const document = readFileSync(new URL('../../docs/deletions.md', import.meta.url), 'utf8');
const [, section = ''] = document.split("\n## Compared with S3's own replication\n");
const rows = (section.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => /^\| (?!at the |---)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the table that compares deletions with S3 replication', () => {
  test('has rows', () => {
    expect(rows.length).toBeGreaterThanOrEqual(12);
  });

  test.each(rows.map(([, what = '', , , shown = '']) => ({ what, shown })))(
    'has a test for each row: $what: $shown',
    ({ shown }) => {
      const [, file, title] = /^`([^`]+\.test\.ts)`: (.+)$/.exec(shown) ?? [];
      if (file === undefined || title === undefined) {
        expect(shown).toBe('the same');
        return;
      }
      expect(readFileSync(new URL(file, TESTS), 'utf8').replaceAll("\\'", "'")).toContain(title);
    },
  );
});
