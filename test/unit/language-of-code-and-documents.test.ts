import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { BANNED_PHRASES } from '../support/language/banned-phrases.ts';
import { findBannedPhrases, PROJECT } from '../support/language/find-banned-phrases.ts';

/** How many banned phrases each folder still has. A number may only fall: correct a sentence, lower its number. */
const allowed = JSON.parse(readFileSync(join(PROJECT, 'test/support/language/allowed.json'), 'utf8')) as Readonly<
  Record<string, number>
>;

describe('the language of code and documents', () => {
  test('no folder has more banned phrases than it had', () => {
    const found = Map.groupBy(findBannedPhrases(), ({ folder }) => folder);
    const complaints = [...found].flatMap(([folder, places]) => {
      const limit = allowed[folder] ?? 0;
      if (places.length <= limit) return [];
      return [
        `${folder}: ${places.length} banned phrases, ${limit} allowed. Correct those in what you wrote:`,
        ...places.map(({ path, line, phrase, advice }) => `  ${path}:${line}: "${phrase}": write ${advice}`),
      ];
    });
    expect(complaints).toEqual([]);
  });

  test.each([
    ['it is no JSON'],
    ['the upload goes on behind its parts'],
    ['DAYS_A_MONTH'],
    ['MOST_TRIES'],
    ['dollarsATerabyte'],
    ['its behaviour'],
    ['the message is sent again'],
    ['one queue a region'],
    ['USD a GB'],
    ['the object stands there'],
    ['it goes to the dead letters'],
  ])('%j is found', (text) => {
    expect(BANNED_PHRASES.some(({ pattern }) => text.search(pattern) >= 0)).toBe(true);
  });

  test.each([
    ['there is no such bucket'],
    ['it is no longer used'],
    ['DAYS_PER_MONTH'],
    ['once a minute'],
    ['stands for'],
    ['the command dead-letters'],
  ])('%j is not', (text) => {
    expect(BANNED_PHRASES.filter(({ pattern }) => text.search(pattern) >= 0)).toEqual([]);
  });
});
