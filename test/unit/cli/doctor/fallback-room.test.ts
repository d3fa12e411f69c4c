import { describe, expect, test } from '@jest/globals';
import { judgeLogPolicies, judgeVpcs } from '../../../../src/cli/doctor/checks/fallback.ts';

describe('judgeVpcs', () => {
  test.each([
    [4, 5, 'ok', 'The account has 4 of 5 VPCs, and the fallback needs one more.'],
    [5, 5, 'failure', 'The account has 5 of 5 VPCs, and the fallback needs one more. A deployment will fail.'],
    [5, 20, 'ok', 'The account has 5 of 20 VPCs, and the fallback needs one more.'],
    [
      5,
      undefined,
      'failure',
      'The account has 5 of 5 VPCs (the default), and the fallback needs one more. A deployment will fail.',
    ],
  ])('judges %d VPCs with a quota of %s', (vpcs, quota, status, says) => {
    expect(judgeVpcs('VPCs', 'eu-west-1', vpcs, quota)).toMatchObject({ status, says });
  });

  test('names the command that requests one more', () => {
    expect(judgeVpcs('VPCs', 'eu-west-1', 7, 7).fix).toMatch(/--region eu-west-1 .*L-F678F1CE --desired-value 8$/);
  });
});

describe('judgeLogPolicies', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `policy-${index}`);

  test.each([
    [9, 'ok'],
    [10, 'failure'],
  ])('judges %d policies of others', (count, status) => {
    expect(judgeLogPolicies('policies', 'eu-west-1', names(count), 'ours')).toMatchObject({ status });
  });

  test('accepts ten policies that include ours', () => {
    expect(judgeLogPolicies('policies', 'eu-west-1', [...names(9), 'ours'], 'ours')).toMatchObject({ status: 'ok' });
  });
});
