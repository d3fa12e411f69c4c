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
    counts: { ...noVerificationCounts(), compared: 10, missing: 1, foreign: 2 },
  });
}

test('the status says what the last checkpoint has, and what of it the rule does not allow', () => {
  const found = { every: 'weekly', startedAt: '2026-11-29T02:13:00.000Z', compared: 10, missing: 1, foreign: 2 };
  expect(describeVerification(rule, 'weekly', checkpoint(true))).toMatchObject({ ...found, faults: 3 });
  expect(describeVerification(rule, 'weekly', checkpoint(true))).not.toHaveProperty('unfinished');
  expect(describeVerification(rule, 'weekly', checkpoint(false))).toMatchObject({ ...found, unfinished: true });
  // What others wrote is theirs.
  expect(describeVerification(keeping, 'weekly', checkpoint(true))).toMatchObject({ faults: 1 });
});

test('without a checkpoint there is nothing but the clock', () => {
  expect(describeVerification(rule, 'weekly', undefined)).toEqual({
    ...{ every: 'weekly', compared: 0, missing: 0, older: 0, different: 0, foreign: 0, faults: 0 },
  });
});

test('that of another rule is refused', () => {
  expect(() => describeVerification({ ...rule, id: 'other' }, 'weekly', checkpoint(true))).toThrow('of rule');
});
