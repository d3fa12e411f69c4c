import { describe, expect, test } from '@jest/globals';
import { batchLetters } from '../../../../src/cli/dead-letters/act-on-letters.ts';
import type { ReceivedLetter } from '../../../../src/cli/dead-letters/dead-letter.ts';
import { readAdvice } from '../../../../src/cli/dead-letters/read-advice.ts';
import { groupLetters, matches, originOfLetter } from '../../../../src/cli/dead-letters/select-letters.ts';
import { backfillMessage } from '../../../../src/messages/backfill-message.ts';

const NOW = 1_800_000_000_000;
const queue = { region: 'eu-west-1', name: 'app-rule-dead-letters', url: 'https://q', sources: ['https://s'] };

function letter(more: Partial<ReceivedLetter>): ReceivedLetter {
  return {
    queue,
    messageId: 'm',
    receiptHandle: 'r',
    body: 'b',
    code: 'STORAGE_ACCESS_DENIED',
    reason: '403',
    sentAt: NOW - 60_000,
    ...more,
  };
}

describe('a filter', () => {
  const dead = letter({ key: 'logs/a', code: 'X' });
  test.each([
    [{}, true],
    [{ code: 'X' }, true],
    [{ code: 'Y' }, false],
    [{ prefix: 'logs/' }, true],
    [{ prefix: 'data/' }, false],
    [{ olderThan: 60 }, true],
    [{ olderThan: 61 }, false],
    [{ queue: 'app-rule-dead-letters' }, true],
    [{ queue: 'app-rule' }, false],
    [{ code: 'X', prefix: 'data/' }, false],
  ])('%j selects it: %s', (filter, taken) => {
    expect(matches(dead, filter, NOW)).toBe(taken);
  });

  test('for a prefix selects no message whose key is unknown', () => {
    expect(matches(letter({}), { prefix: '' }, NOW)).toBe(false);
  });
});

test('groups by queue and code, the largest first, with the oldest age and a few keys', () => {
  const many = ['a', 'b', 'c', 'd'].map((key, index) => letter({ key, sentAt: NOW - index * 1000 }));
  const groups = groupLetters([letter({ code: 'OTHER' }), ...many], NOW);
  expect(groups.map(({ code, count, oldestAge, sampleKeys }) => ({ code, count, oldestAge, sampleKeys }))).toEqual([
    { code: 'STORAGE_ACCESS_DENIED', count: 4, oldestAge: 3, sampleKeys: ['a', 'b', 'c'] },
    { code: 'OTHER', count: 1, oldestAge: 60, sampleKeys: [] },
  ]);
});

test('keeps batches within ten messages and a mebibyte', () => {
  const small = Array.from({ length: 11 }, () => letter({}));
  const large = Array.from({ length: 3 }, () => letter({ body: 'x'.repeat(500_000) }));
  expect(batchLetters([...small, ...large]).map(({ length }) => length)).toEqual([10, 3, 1]);
});

test('gives the advice in docs/errors.md for a code', async () => {
  expect((await readAdvice()).get('RULE_UNKNOWN')).toMatch(/^Deploy the configuration/);
});

test('sends a message back to its own queue, where new and existing objects share their dead letters', () => {
  const event = letter({});
  const existing = letter({ body: backfillMessage({ bucket: 'b', key: 'k', etag: 'e', size: 1, order: 0 }, NOW) });
  const shared = { ...queue, sources: ['https://app-rule', 'https://app-rule-backfill'] };
  expect([event, existing].map((each) => originOfLetter(each, shared))).toEqual(shared.sources);
  expect([event, existing].map((each) => originOfLetter(each, queue))).toEqual(['https://s', 'https://s']);
  expect(originOfLetter(event, { ...queue, sources: [] })).toBeUndefined();
  expect(originOfLetter(event, { ...queue, sources: ['https://a', 'https://b'] })).toBeUndefined();
});
