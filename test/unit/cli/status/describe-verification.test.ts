import { expect, test } from '@jest/globals';
import { encodeCheckpoint } from '../../../../src/backfill/checkpoint.ts';
import { describeVerification } from '../../../../src/cli/status/describe-verification.ts';
import { noVerificationCounts } from '../../../../src/verifying/dependencies.ts';
import { deployedRules } from '../../../support/deployed-rules.ts';

const ENTRY = {
  source: { region: 'eu-west-1', bucket: 'objects', verify: 'weekly' },
  destinations: [{ region: 'us-east-1', bucket: 'restored' }],
};
const [rule, keeping] = deployedRules([
  ENTRY,
  { ...ENTRY, destinations: [{ region: 'us-east-1', bucket: 'restored', on_conflict: 'keep' }] },
]);
const SAVED = Date.parse('2026-11-29T02:14:00.000Z');
const [MINUTE, DAY] = [60_000, 24 * 3_600_000];
if (rule === undefined || keeping === undefined) throw new TypeError('There is no rule');

function checkpoint(finished: boolean): string {
  return encodeCheckpoint({
    version: 1,
    kind: 'scheduled-verify',
    rule: rule?.id ?? '',
    filter: {},
    choices: { execution: 'e', inventories: '[]' },
    startedAt: '2026-11-29T02:13:00.000Z',
    savedAt: '2026-11-29T02:14:00.000Z',
    finished,
    counts: { ...noVerificationCounts(), compared: 10, missing: 1, foreign: 2, unreadable: 4, unreplicable: 8 },
  });
}

test('the status reports what the last checkpoint has, and which differences the rule does not allow', () => {
  const found = {
    every: 'weekly',
    startedAt: '2026-11-29T02:13:00.000Z',
    compared: 10,
    missing: 1,
    foreign: 2,
    unreadable: 4,
    unreplicable: 8,
  };
  expect(describeVerification(rule, 'weekly', checkpoint(true), SAVED)).toMatchObject({ ...found, faults: 7 });
  expect(describeVerification(rule, 'weekly', checkpoint(true), SAVED)).not.toHaveProperty('unfinished');
  expect(describeVerification(rule, 'weekly', checkpoint(false), SAVED)).toMatchObject({ ...found, unfinished: true });
  // What others wrote may stay.
  expect(describeVerification(keeping, 'weekly', checkpoint(true), SAVED)).toMatchObject({ faults: 5 });
});

test('without a checkpoint, the status has only the schedule', () => {
  expect(describeVerification(rule, 'weekly', undefined, SAVED)).toEqual({
    ...{
      every: 'weekly',
      compared: 0,
      missing: 0,
      older: 0,
      different: 0,
      foreign: 0,
      unreadable: 0,
      unreplicable: 0,
      faults: 0,
    },
  });
});

test('rejects the checkpoint of another rule', () => {
  expect(() => describeVerification({ ...rule, id: 'other' }, 'weekly', checkpoint(true), SAVED)).toThrow('of rule');
});

test.each<[string, boolean, 'daily' | 'weekly', number, object]>([
  ['finished', true, 'weekly', 8 * DAY - 2 * MINUTE, {}],
  ['finished a week and a day ago', true, 'weekly', 8 * DAY, { overdue: true }],
  ['finished yesterday', true, 'daily', DAY, {}],
  ['finished the day before yesterday', true, 'daily', 2 * DAY, { overdue: true }],
  ['in progress', false, 'daily', 29 * MINUTE, { unfinished: true }],
  ['no longer in progress', false, 'daily', 31 * MINUTE, { unfinished: true, stopped: true }],
  ['abandoned', false, 'daily', 2 * DAY, { unfinished: true, stopped: true, overdue: true }],
])('recognizes a verification that is %s', (_, finished, every, age, expected) => {
  const { unfinished, stopped, overdue } = describeVerification(rule, every, checkpoint(finished), SAVED + age);
  expect({ unfinished, stopped, overdue }).toEqual(expected);
});

test('a verification that takes days is not overdue while it is saved', () => {
  const text = checkpoint(false).replace('2026-11-29T02:14', '2026-12-09T02:14');
  expect(describeVerification(rule, 'weekly', text, SAVED + 10 * DAY)).not.toHaveProperty('overdue');
});
