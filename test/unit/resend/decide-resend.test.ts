import { describe, expect, test } from '@jest/globals';
import { decideResend, type ResendFacts } from '../../../src/resend/decide-resend.ts';

const LIMITS = { maxResends: 3, firstDelaySeconds: 300 };
const facts: ResendFacts = {
  resends: 0,
  versionId: 'v1',
  currentVersionId: 'v1',
  secondsSinceFailure: 86_400,
  mayWait: true,
};

describe('decideResend, for a failed replication', () => {
  test.each<[string, Partial<ResendFacts>, unknown]>([
    ['of a version that no longer exists', { resends: undefined, currentVersionId: undefined }, { kind: 'gone' }],
    [
      'of a version that no longer exists, with another at its key',
      { resends: undefined, currentVersionId: 'v2' },
      { kind: 'superseded' },
    ],
    ['of a version that has a successor', { currentVersionId: 'v2' }, { kind: 'superseded' }],
    [
      'of a version that has a successor and reached the maximum',
      { currentVersionId: 'v2', resends: 3 },
      { kind: 'superseded' },
    ],
    ['just now', { secondsSinceFailure: 1 }, { kind: 'wait', seconds: 299 }],
    ['just now, for the second time', { secondsSinceFailure: 1, resends: 1 }, { kind: 'wait', seconds: 599 }],
    ['just now, for the third time', { secondsSinceFailure: 1, resends: 2 }, { kind: 'wait', seconds: 899 }],
    [
      'just now, of a version that has expired but can be read',
      { secondsSinceFailure: 299.5, currentVersionId: undefined },
      { kind: 'wait', seconds: 1 },
    ],
    [
      'just now, on the last receive of its message',
      { secondsSinceFailure: 1, mayWait: false },
      { kind: 'resend', attempt: 1 },
    ],
    ['long enough ago', { secondsSinceFailure: 300 }, { kind: 'resend', attempt: 1 }],
    [
      'long ago, of a version that has expired',
      { currentVersionId: undefined, resends: 2 },
      { kind: 'resend', attempt: 3 },
    ],
    ['after the last attempt', { resends: 3, secondsSinceFailure: 0 }, { kind: 'give-up' }],
    [
      'after the last attempt, of a version that has expired',
      { resends: 3, currentVersionId: undefined },
      { kind: 'give-up' },
    ],
    ['of an archive whose count is above the maximum', { resends: 9 }, { kind: 'give-up' }],
  ])('%s', (_, change, decision) => {
    expect(decideResend({ ...facts, ...change }, LIMITS)).toEqual(decision);
  });

  test('gives up at once if no attempt is allowed', () => {
    expect(decideResend(facts, { ...LIMITS, maxResends: 0 })).toEqual({ kind: 'give-up' });
  });
});
