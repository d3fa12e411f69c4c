import { describe, expect, test } from '@jest/globals';
import {
  describeProblems,
  foundOf,
  readVerifyReport,
  type VerifyReport,
  withoutExtra,
} from '../../../../../src/cli/demo/existing/judge-existing.ts';
import { planBucket } from '../../../../../src/cli/demo/existing/plan-bucket.ts';

const GOOD: VerifyReport = {
  compared: 10,
  equal: 10,
  missing: 0,
  older: 0,
  different: 0,
  foreign: 0,
  extra: 0,
  notDue: 0,
  archived: 0,
  repaired: 0,
  samples: {},
};

describe('the judgment of a verification', () => {
  test('has no complaint about a good report, and names what is wrong in another', () => {
    expect(describeProblems('then', GOOD)).toEqual([]);
    expect(describeProblems('then', { ...GOOD, missing: 2, foreign: 1, notDue: 3 })).toEqual([
      'then: verify found 2 missing, 1 foreign, 3 not due',
    ]);
    expect(describeProblems('then', { ...GOOD, extra: 9 }, 10)).toEqual(['then: verify found 9 extra instead of 10']);
  });

  test('counts a planted key only if it is classified correctly', () => {
    const { planted } = planBucket(200, '');
    const named = (keys: readonly string[]): { key: string }[] => keys.map((key) => ({ key }));
    const samples = { extra: named(planted.extra), older: named(planted.foreign.edited) };
    expect(foundOf(planted, [readVerifyReport({ ...GOOD, samples })])).toBe(planted.extra.length);
    const more = { foreign: named(planted.foreign.edited) };
    expect(
      foundOf(planted, [readVerifyReport({ ...GOOD, samples }), readVerifyReport({ ...GOOD, samples: more })]),
    ).toBe(planted.extra.length + planted.foreign.edited.length);
  });

  test('ignores keys that are at the target on purpose, and no others', () => {
    const finding = (key: string) => ({ region: 'us-east-1', key, differences: ['was never uploaded'] });
    const found = { identical: 5, lost: 0, altered: 2, findings: [finding('extra'), finding('wrong')] };
    expect(withoutExtra(found, (key) => key === 'extra')).toEqual({
      identical: 5,
      lost: 0,
      altered: 1,
      findings: [finding('wrong')],
    });
  });
});
