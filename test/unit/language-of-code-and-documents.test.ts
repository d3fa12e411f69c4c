import { describe, expect, test } from '@jest/globals';
import { BANNED_PHRASES } from '../support/language/banned-phrases.ts';
import { findBannedPhrases } from '../support/language/find-banned-phrases.ts';

describe('the language of code and documents', () => {
  test('contains no banned phrase', () => {
    const complaints = findBannedPhrases().map(
      ({ path, line, phrase, advice }) => `${path}:${line}: "${phrase}": write ${advice}`,
    );
    expect(complaints).toEqual([]);
  });

  test.each([
    ['it is no JSON'],
    ['the upload goes on behind its parts'],
    ['DAYS_A_MONTH'],
    ['MOST_TRIES'],
    ['dollarsATerabyte'],
    ['its behaviour'],
    ['objects that are travelling'],
    ['#travelling'],
    ['the request was cancelled'],
    ['labelled or modelled'],
    ['whilst it amortises'],
    ['to paralyse it'],
    ['the message is sent again'],
    ['one queue a region'],
    ['USD a GB'],
    ['the object stands there'],
    ['it goes to the dead letters'],
    ['the part has not the checksum of its source'],
    ['the names are of our making'],
    ['the version can be had back'],
    ['a run that comes to no end'],
    ['or look whose credentials these are'],
  ])('finds %j', (text) => {
    expect(BANNED_PHRASES.some(({ pattern }) => text.search(pattern) >= 0)).toBe(true);
  });

  test.each([
    ['there is no such bucket'],
    ['it is no longer used'],
    ['DAYS_PER_MONTH'],
    ['once a minute'],
    ['stands for'],
    ['it was controlled, called and canceled'],
    ['two analyses'],
    ['the command dead-letters'],
  ])('does not find %j', (text) => {
    expect(BANNED_PHRASES.filter(({ pattern }) => text.search(pattern) >= 0)).toEqual([]);
  });
});
