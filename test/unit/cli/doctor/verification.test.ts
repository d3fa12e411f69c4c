import { expect, test } from '@jest/globals';
import { judgeVerification } from '../../../../src/cli/doctor/checks/verification.ts';
import type { VerificationStatus } from '../../../../src/cli/status/describe-verification.ts';

const CLOCK = { clock: 'app-rule-verify', region: 'eu-west-1' };
const COUNTS = {
  compared: 9,
  missing: 0,
  older: 0,
  different: 0,
  foreign: 0,
  unreadable: 0,
  unreplicable: 0,
  faults: 0,
};
const BEGUN = { startedAt: '2026-11-29T02:13:00.000Z' };

test.each<[string, Partial<VerificationStatus>, string, RegExp]>([
  ['missing for 15 days', {}, 'warning', /is it new\?/],
  ['finished', BEGUN, 'ok', /^The last one started 2026-11-29 02:13 UTC\.$/],
  ['in progress', { ...BEGUN, unfinished: true }, 'ok', /started 2026-11-29/],
  ['stopped', { ...BEGUN, unfinished: true, stopped: true }, 'failure', /stopped before it finished/],
  ['overdue', { ...BEGUN, overdue: true }, 'failure', /should be verified weekly/],
])('a verification that is %s', (_, more, status, says) => {
  const diagnosis = judgeVerification('rule', { every: 'weekly', ...COUNTS, ...more }, CLOCK);
  expect(diagnosis).toMatchObject({ subject: 'rule', status, says: expect.stringMatching(says) });
  if (status !== 'ok') expect(diagnosis.fix).toMatch(/describe-rule --region eu-west-1 --name app-rule-verify|#verif/);
});
