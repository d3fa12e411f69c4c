import { expect, test } from '@jest/globals';
import { hasAllZones, judgeZones } from '../../../../src/cli/doctor/fargate-zones.ts';

const TOKYO = [
  { name: 'ap-northeast-1c', id: 'apne1-az1' },
  { name: 'ap-northeast-1a', id: 'apne1-az3' },
  { name: 'ap-northeast-1d', id: 'apne1-az2' },
];
const judge = (count: number, zones = TOKYO) => judgeZones('zones', 'ap-northeast-1', zones, count);

test('fails if the first zone by name, the only one used, lacks Fargate, and suggests one more zone', () => {
  expect(judge(1)).toMatchObject({
    status: 'failure',
    says: 'Fargate is not in ap-northeast-1a (apne1-az3), the only zones that the network uses: no task would ever start.',
    fix: expect.stringContaining('"availability_zones" of ap-northeast-1 to 2 '),
  });
});

test('warns about one zone without Fargate among others', () => {
  expect(judge(3)).toMatchObject({
    status: 'warning',
    says: expect.stringContaining('in the subnets there, only in the other 2.'),
  });
});

test('accepts zones that all have Fargate', () => {
  expect(judge(2, TOKYO.slice(0, 1))).toMatchObject({ status: 'ok' });
});

test('fails if the account has no zone with Fargate', () => {
  expect(judge(1, [{ name: 'ap-northeast-1a', id: 'apne1-az3' }])).toMatchObject({
    status: 'failure',
    fix: expect.stringContaining('switch off the fallback'),
  });
});

test('checks no regions in which every zone has Fargate', () => {
  expect([hasAllZones('eu-west-1'), hasAllZones('us-west-1'), hasAllZones('ap-northeast-1')]).toEqual([
    true,
    false,
    false,
  ]);
});
