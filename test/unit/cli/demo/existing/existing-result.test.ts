import { describe, expect, test } from '@jest/globals';
import {
  type ExistingResult,
  isExistingFlawless,
  renderExisting,
} from '../../../../../src/cli/demo/existing/existing-result.ts';
import type { VerifyReport } from '../../../../../src/cli/demo/existing/judge-existing.ts';

const REPORT: VerifyReport = {
  compared: 200,
  equal: 200,
  missing: 0,
  older: 0,
  different: 0,
  foreign: 0,
  extra: 10,
  notDue: 0,
  archived: 3,
  repaired: 0,
  samples: {},
};

function resultWith(found: number, problems: readonly string[] = []): ExistingResult {
  return {
    objects: 200,
    archived: 3,
    overwritten: 10,
    queued: 200,
    backfillSeconds: 4,
    planted: 50,
    found,
    repaired: 40,
    verified: REPORT,
    healed: REPORT,
    verification: { identical: 205, lost: 0, altered: 0, findings: [] },
    faults: { rate: 0, failedCalls: 0, killedWorkers: 0, failedInvocations: 0 },
    deadLetters: [],
    problems,
  };
}

describe('the table of the demo of existing objects', () => {
  test('says that all planted differences were found and classified correctly', () => {
    expect(renderExisting(resultWith(50))).toContain('50 of 50 differences found, each with the right kind');
  });

  test('says how many were not, and does not claim a complete result', () => {
    const text = renderExisting(resultWith(48, ['48 of 50 planted differences were found']));
    expect(text).toContain('48 of 50 differences found with the right kind, 2 not');
    expect(text).not.toContain('each with the right kind');
    expect(isExistingFlawless(resultWith(48, ['48 of 50 planted differences were found']))).toBe(false);
  });
});
