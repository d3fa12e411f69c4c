import { describe, expect, test } from '@jest/globals';
import { judgeBucketCount } from '../../../../src/cli/doctor/bucket-quota.ts';
import { judgeReplication } from '../../../../src/cli/doctor/checks/archives.ts';
import { judgeClock } from '../../../../src/cli/doctor/checks/clock.ts';
import { neededVcpus } from '../../../../src/cli/doctor/checks/quotas.ts';
import { judgeSubscription } from '../../../../src/cli/doctor/checks/subscriptions.ts';
import { delegatesToIam } from '../../../../src/cli/doctor/key-policy.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const MINUTE = 60_000;

describe('the replication of archives', () => {
  const rule = { id: 'rule' };
  const judge = (...archives: readonly (readonly [status: string | undefined, minutes: number])[]) => {
    const listed = archives.map(([status, minutes], index) => ({
      key: `${rule.id}/${index}`,
      lastModified: NOW - minutes * MINUTE,
      status,
    }));
    return judgeReplication(listed, { rule, region: 'eu-west-1', bucket: 'outbound', now: NOW });
  };

  test.each([
    ['no archive', [], 'ok', /None in transit/],
    ['one that was replicated', [['COMPLETED', 90]], 'ok', /put 1 h ago, is COMPLETED/],
    ['one that was just put', [['PENDING', 59]], 'ok', /put 59 m ago, is PENDING/],
    [
      'one that is late',
      [
        ['COMPLETED', 70],
        ['PENDING', 61],
      ],
      'warning',
      /S3 is slow: .*\/1, put 1 h ago/,
    ],
    [
      'one that failed',
      [
        ['PENDING', 70],
        ['FAILED', 5],
      ],
      'failure',
      /could not replicate .*\/1, put 5 m ago/,
    ],
    ['one that no rule replicates', [[undefined, 5]], 'failure', /No replication rule covers/],
  ] as const)('%s', (_, archives, status, says) => {
    expect(judge(...archives)).toEqual([expect.objectContaining({ status, says: expect.stringMatching(says) })]);
  });
});

test.each([
  [0, 'ok'],
  [29, 'ok'],
  [-30, 'warning'],
  [299, 'warning'],
  [300, 'failure'],
  [-86_400, 'failure'],
] as const)('a clock that is off by %i seconds', (seconds, status) => {
  expect(judgeClock(NOW, NOW + seconds * 1000).status).toBe(status);
});

test('a clock is unknown if the response has no time', () => {
  expect(judgeClock(undefined, NOW).status).toBe('unseen');
});

test.each([
  [undefined, 'failure', expect.stringMatching(/^aws sns subscribe --region eu-west-1 --topic-arn arn:topic/)],
  [
    'PendingConfirmation',
    'failure',
    expect.stringContaining('aws sns subscribe --region eu-west-1 --topic-arn arn:topic'),
  ],
  ['arn:aws:sns:eu-west-1:1:topic:2', 'ok', undefined],
] as const)('a subscription that SNS lists as %s', (subscription, status, fix) => {
  const finding = judgeSubscription({ address: 'a@own.test', subscription, topic: 'arn:topic', region: 'eu-west-1' });
  expect({ status: finding.status, fix: finding.fix }).toEqual({ status, fix });
});

test('the vCPUs of the fallback: with a share on demand, the first task of each service is on demand', () => {
  const sizing = { cpu: 2048, memoryMebibytes: 4096, maximumTasks: 11, backlogPerTask: 60, onDemandPercent: 0 };
  const quarter = { ...sizing, onDemandPercent: 25 };
  expect(neededVcpus([sizing], 'on-demand')).toBe(0);
  expect(neededVcpus([sizing], 'Spot')).toBe(22);
  // 1 and a quarter of the other 10, rounded up: 4 of 11 tasks, 2 vCPUs each.
  expect(neededVcpus([quarter], 'on-demand')).toBe(8);
  expect(neededVcpus([quarter, sizing], 'Spot')).toBe(14 + 22);
});

describe('a key policy', () => {
  const policy = (...statements: readonly object[]): string => JSON.stringify({ Statement: statements });
  const root = { AWS: 'arn:aws:iam::111122223333:root' };

  test.each([
    ['lets the account decide', policy({ Effect: 'Allow', Principal: root, Action: 'kms:*' }), true],
    [
      'names a role of the account',
      policy({ Effect: 'Allow', Principal: { AWS: ['arn:aws:iam::111122223333:role/x'] }, Action: ['kms:Decrypt'] }),
      true,
    ],
    [
      'is of another account',
      policy({ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999999999999:root' }, Action: 'kms:*' }),
      false,
    ],
    ['only allows kms:Describe*', policy({ Effect: 'Allow', Principal: root, Action: 'kms:Describe*' }), false],
    ['denies everything', policy({ Effect: 'Deny', Principal: root, Action: 'kms:*' }), false],
    [
      'is for services',
      policy({ Effect: 'Allow', Principal: { Service: 'logs.amazonaws.com' }, Action: 'kms:*' }),
      false,
    ],
    [
      'has one statement, not a list',
      JSON.stringify({ Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt' } }),
      true,
    ],
  ])('that %s', (_, text, decides) => {
    expect(delegatesToIam(text, '111122223333')).toBe(decides);
  });
});

test.each([
  ['whose buckets exist', { buckets: 12, missing: 0, quota: undefined }, 'ok', /The buckets of the stacks exist/],
  [
    'with room',
    { buckets: 96, missing: 4, quota: 100 },
    'ok',
    /has 96 of 100 buckets, and a deployment creates 4 more\.$/,
  ],
  [
    'at the default quota',
    { buckets: 9997, missing: 4, quota: undefined },
    'failure',
    /9,997 of 10,000 buckets \(the default\)/,
  ],
  ['without room', { buckets: 97, missing: 4, quota: 100 }, 'failure', /The deployment will fail/],
] as const)('the buckets of an account %s', (_, count, status, says) => {
  const finding = judgeBucketCount('buckets', { region: 'us-east-1', ...count });
  expect(finding).toEqual(expect.objectContaining({ status, says: expect.stringMatching(says) }));
});
