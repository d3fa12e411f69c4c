import { describe, expect, test } from '@jest/globals';
import { type Candidate, decideVerdict } from '../../../../src/cli/estimate/decide-verdict.ts';

const FIXED = { ruleDollars: 8, regionDollars: 7 };

function candidates(saved: Readonly<Record<string, number>>): Candidate[] {
  return Object.entries(saved).map(([prefix, dollars]) => ({ prefix, saved: dollars, canBeRule: prefix !== '' }));
}

describe('the verdict', () => {
  test.each([
    [
      'leaves replication to S3 if nothing is saved',
      { 'a/': -5, 'b/': -1 },
      -6,
      { kind: 'leave', prefixes: [], net: 0 },
    ],
    [
      'leaves replication to S3 if fixed costs exceed the savings',
      { 'a/': 9, 'b/': 5 },
      14,
      { kind: 'leave', prefixes: [], net: 0 },
    ],
    ['chooses one rule if all prefixes pay', { 'a/': 50, 'b/': 20 }, 70, { kind: 'use', prefixes: [], net: 55 }],
    [
      'chooses some prefixes if others lose',
      { 'a/': 50, 'b/': -40 },
      10,
      { kind: 'use-some', prefixes: ['a/'], net: 35 },
    ],
    [
      'chooses a rule for each prefix if one rule for all would lose',
      { 'a/': 50, 'b/': 50, 'c/': -60 },
      40,
      { kind: 'use-some', prefixes: ['a/', 'b/'], net: 77 },
    ],
    [
      'cannot choose objects that no prefix selects',
      { '': 50, 'b/': -60 },
      -10,
      { kind: 'leave', prefixes: [], net: 0 },
    ],
  ])('%s', (_, saved, savedByOne, verdict) => {
    expect(decideVerdict({ candidates: candidates(saved), savedByOne, ...FIXED })).toEqual(verdict);
  });
});
