import { beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredReplicationRule } from '../../../src/deployment/ports.ts';
import { putReplicationRules, removeReplicationRules } from '../../../src/deployment/replication-rules.ts';
import { MemoryDeployment } from '../../support/memory-deployment.ts';

const ROLE = 'arn:aws:iam::123456789012:role/ours';
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/inbound';
const { signal } = new AbortController();

function rule(Id: string, overrides: Partial<Record<string, string>> = {}) {
  return {
    Id,
    ArchivePrefix: `${Id}/`,
    DestinationBucket: 'inbound',
    DestinationRegion: 'us-east-1',
    ReplicaKmsKeyArn: KEY,
    ...overrides,
  };
}

function properties(...Rules: ReturnType<typeof rule>[]) {
  return { Bucket: 'outbound', RoleArn: ROLE, Rules };
}

function foreign(priority: number): StoredReplicationRule {
  const text = '<Rule>theirs, with a <New>field</New></Rule>';
  return {
    text,
    id: 'theirs',
    priority,
    prefix: 'x/',
    destinationBucket: 'backup',
    replicaKmsKeyArn: '',
    isIntact: false,
  };
}

let s3: MemoryDeployment;
const priorities = () => s3.replicationOf.get('outbound')?.rules.map(({ id, priority }) => [id, priority]);

beforeEach(() => {
  s3 = new MemoryDeployment();
  s3.replicationOf.set('outbound', { role: '', rules: [] });
  s3.bucketFacts.set('inbound', { region: 'us-east-1', versioned: true });
  s3.keyFacts.set(KEY, { isEnabled: true, state: 'Enabled', isForSymmetricEncryption: true });
});

describe('putReplicationRules', () => {
  test('puts each rule with its prefix, key and a unique priority', async () => {
    await putReplicationRules(properties(rule('a'), rule('b')), undefined, s3, signal);
    expect(s3.replicationOf.get('outbound')).toMatchObject({
      role: ROLE,
      rules: [
        { id: 'a', priority: 1, prefix: 'a/', destinationBucket: 'inbound', replicaKmsKeyArn: KEY },
        { id: 'b', priority: 2, prefix: 'b/', destinationBucket: 'inbound', replicaKmsKeyArn: KEY },
      ],
    });
    await putReplicationRules(properties(rule('a'), rule('b')), undefined, s3, signal);
    expect(s3.writes).toBe(1);
  });

  test('keeps priorities if one rule leaves and another one comes first', async () => {
    const before = properties(rule('a'), rule('b'));
    await putReplicationRules(before, undefined, s3, signal);
    await putReplicationRules(properties(rule('new'), rule('b')), before, s3, signal);
    expect(priorities()).toEqual([
      ['b', 2],
      ['new', 1],
      ['a', 10_000],
    ]);
  });

  test('leaves the rules of others unchanged and does not use their priorities', async () => {
    const theirs = foreign(1);
    s3.replicationOf.set('outbound', { role: ROLE, rules: [theirs] });
    await putReplicationRules(properties(rule('a')), undefined, s3, signal);
    expect(priorities()).toEqual([
      ['theirs', 1],
      ['a', 2],
    ]);
    expect(s3.replicationOf.get('outbound')?.rules[0]).toBe(theirs);
    await removeReplicationRules(properties(rule('a')), s3, signal);
    expect(s3.replicationOf.get('outbound')).toEqual({ role: ROLE, rules: [theirs] });
  });

  test('does not mistake a rule that is not ours for a removed rule of ours because of its priority', async () => {
    const theirs = foreign(10_000);
    s3.replicationOf.set('outbound', { role: ROLE, rules: [theirs] });
    const before = properties(rule('a'), rule('b'));
    await putReplicationRules(before, undefined, s3, signal);
    await putReplicationRules(properties(rule('b')), before, s3, signal);
    expect(priorities()).toEqual([
      ['theirs', 10_000],
      ['b', 2],
      ['a', 10_001],
    ]);
    await putReplicationRules(properties(rule('b'), rule('c')), properties(rule('b')), s3, signal);
    expect(priorities()).toEqual([
      ['theirs', 10_000],
      ['b', 2],
      ['c', 1],
    ]);
  });

  test('restores a rule that was disabled', async () => {
    await putReplicationRules(properties(rule('a')), undefined, s3, signal);
    const [present] = s3.replicationOf.get('outbound')?.rules ?? [];
    if (present === undefined) throw new Error('no rule was put');
    s3.replicationOf.set('outbound', { role: ROLE, rules: [{ ...present, isIntact: false }] });
    await putReplicationRules(properties(rule('a')), undefined, s3, signal);
    expect(s3.replicationOf.get('outbound')?.rules).toMatchObject([{ id: 'a', priority: 1, isIntact: true }]);
  });

  test('changes its role, but not if the rules of others use it', async () => {
    const before = properties(rule('a'));
    await putReplicationRules(before, undefined, s3, signal);
    const RoleArn = 'arn:aws:iam::123456789012:role/next';
    await putReplicationRules({ ...before, RoleArn }, before, s3, signal);
    expect(s3.replicationOf.get('outbound')?.role).toBe(RoleArn);

    const theirRole = 'arn:aws:iam::123456789012:role/theirs';
    s3.replicationOf.set('outbound', { role: theirRole, rules: [foreign(1)] });
    await expect(putReplicationRules(before, undefined, s3, signal)).rejects.toMatchObject({
      code: 'REPLICATION_CONFLICT',
      message: expect.stringContaining(theirRole),
    });
    expect(s3.replicationOf.get('outbound')).toEqual({ role: theirRole, rules: [foreign(1)] });
  });

  test('says which region to deploy first when an inbound bucket is missing', async () => {
    s3.bucketFacts.delete('inbound');
    await expect(putReplicationRules(properties(rule('a')), undefined, s3, signal)).rejects.toMatchObject({
      code: 'BUCKET_UNUSABLE',
      message: expect.stringMatching(
        /inbound bucket inbound does not exist.*Deploy us-east-1 first.*--config-env us-east-1/s,
      ),
    });
    expect(s3.writes).toBe(0);
  });

  test.each([
    ['is not versioned', { region: 'us-east-1', versioned: false }, /not versioned.*Deploy us-east-1 again/],
    ['is in another region', { region: 'eu-north-1', versioned: true }, /is in eu-north-1, not in us-east-1/],
  ])('refuses an inbound bucket that %s', async (_what, facts, message) => {
    s3.bucketFacts.set('inbound', facts);
    await expect(putReplicationRules(properties(rule('a')), undefined, s3, signal)).rejects.toThrow(message);
  });

  test.each([
    ['is missing', undefined, /does not exist/],
    [
      'is disabled',
      { isEnabled: false, state: 'PendingDeletion', isForSymmetricEncryption: true },
      /state is PendingDeletion/,
    ],
    ['is asymmetric', { isEnabled: true, state: 'Enabled', isForSymmetricEncryption: false }, /not a symmetric key/],
  ])('refuses a replica key that %s', async (_what, facts, message) => {
    s3.keyFacts.clear();
    if (facts !== undefined) s3.keyFacts.set(KEY, facts);
    const put = putReplicationRules(properties(rule('a')), undefined, s3, signal);
    await expect(put).rejects.toMatchObject({ code: 'KEY_UNUSABLE', message: expect.stringMatching(message) });
  });

  test('refuses more rules at once than S3 accepts, including those that have to stay for a while', async () => {
    const many = (first: number, count: number) =>
      properties(...Array.from({ length: count }, (_, index) => rule(`rule-${first + index}`)));
    await putReplicationRules(many(0, 600), undefined, s3, signal);
    await expect(putReplicationRules(many(600, 600), many(0, 600), s3, signal)).rejects.toMatchObject({
      code: 'REPLICATION_CONFLICT',
      message: expect.stringContaining('would have 1200 replication rules'),
    });
    expect(s3.writes).toBe(1);
  });

  test('reports all destinations together', async () => {
    const rules = [rule('a', { DestinationBucket: 'x' }), rule('b', { DestinationBucket: 'y' })];
    await expect(putReplicationRules(properties(...rules), undefined, s3, signal)).rejects.toThrow(
      /2 problems: \(1\) .*bucket x .*\(2\) .*bucket y /,
    );
  });
});

describe('a removed rule', () => {
  const both = () => properties(rule('a'), rule('b', { DestinationBucket: 'inbound-2' }));
  const stored = () => s3.replicationOf.get('outbound')?.rules ?? [];

  beforeEach(async () => {
    s3.bucketFacts.set('inbound-2', { region: 'us-east-1', versioned: true });
    await putReplicationRules(both(), undefined, s3, signal);
    await putReplicationRules(properties(rule('a')), both(), s3, signal);
  });

  test('replicates as before until the next change after its function is gone', async () => {
    const [, before] = stored();
    expect(before).toMatchObject({ id: 'b', prefix: 'b/', destinationBucket: 'inbound-2', replicaKmsKeyArn: KEY });
    // The same request again, since Lambda may repeat it.
    await putReplicationRules(properties(rule('a')), both(), s3, signal);
    expect(stored()).toContainEqual(before);

    await putReplicationRules(properties(rule('a'), rule('c')), properties(rule('a')), s3, signal);
    expect(priorities()).toEqual([
      ['a', 1],
      ['c', 2],
    ]);
  });

  test('stays if it returns because an update was rolled back', async () => {
    await putReplicationRules(both(), properties(rule('a')), s3, signal);
    expect(priorities()).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  test('is removed at once if its destination is gone, since S3 would refuse all rules', async () => {
    s3.bucketFacts.delete('inbound-2');
    await putReplicationRules(properties(rule('a')), both(), s3, signal);
    expect(stored().map(({ id }) => id)).toEqual(['a']);
  });

  test('is removed with all others when the stack is deleted, but not the rules of others', async () => {
    const theirs = foreign(7);
    s3.replicationOf.set('outbound', { role: ROLE, rules: [theirs, ...stored()] });
    await removeReplicationRules(properties(rule('a')), s3, signal);
    expect(stored()).toEqual([theirs]);
  });
});

describe('removeReplicationRules', () => {
  test('leaves no configuration behind if all rules were ours', async () => {
    await putReplicationRules(properties(rule('a')), undefined, s3, signal);
    s3.bucketFacts.clear();
    await removeReplicationRules(properties(rule('a')), s3, signal);
    expect(s3.replicationOf.get('outbound')).toEqual({ role: '', rules: [] });
  });

  test('succeeds if the bucket is gone', async () => {
    s3.replicationOf.clear();
    await removeReplicationRules(properties(rule('a')), s3, signal);
    expect(s3.writes).toBe(0);
  });
});
