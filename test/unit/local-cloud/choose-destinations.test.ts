import type { ReplicationRule } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { ReplicationSetupError } from '../../../local-cloud/errors.ts';
import { chooseDestinations } from '../../../local-cloud/replication/choose-destinations.ts';

function rule(ID: string, Priority: number, Prefix: string, bucket: string, extra: Partial<ReplicationRule> = {}) {
  const Destination = { Bucket: `arn:aws:s3:::${bucket}` };
  return { ID, Priority, Status: 'Enabled', Filter: { Prefix }, Destination, ...extra } satisfies ReplicationRule;
}

function chosen(rules: ReplicationRule[], key: string): string[] {
  return chooseDestinations(rules, key).map((order) => `${order.ruleId} -> ${order.destinationBucket}`);
}

describe('chooseDestinations', () => {
  it('sends an object to the destination of every rule whose prefix matches its key', () => {
    const rules = [rule('one', 1, 'a/', 'east'), rule('two', 2, 'a/', 'west'), rule('three', 3, 'b/', 'north')];
    expect(chosen(rules, 'a/x')).toEqual(['one -> east', 'two -> west']);
    expect(chosen(rules, 'c')).toEqual([]);
  });

  it('chooses the rule with the higher priority number for the same destination, in any order', () => {
    const rules = [rule('high', 9, 'a/', 'east'), rule('low', 1, '', 'east')];
    expect(chosen(rules, 'a/x')).toEqual(['high -> east']);
    expect(chosen(rules.toReversed(), 'a/x')).toEqual(['high -> east']);
    expect(chosen(rules, 'b')).toEqual(['low -> east']);
  });

  it('applies a rule without a prefix to all objects, and a disabled one to none', () => {
    const everything = rule('all', 1, '', 'east', { Filter: {} });
    expect(chosen([everything, rule('off', 2, '', 'west', { Status: 'Disabled' })], 'k')).toEqual(['all -> east']);
  });

  it('returns the storage class of the rule and whether it has metrics', () => {
    const Destination = {
      Bucket: 'arn:aws:s3:::east',
      StorageClass: 'STANDARD_IA',
      Metrics: { Status: 'Enabled' },
    } as const;
    expect(chooseDestinations([rule('one', 1, '', '', { Destination })], 'k')).toEqual([
      { ruleId: 'one', destinationBucket: 'east', storageClass: 'STANDARD_IA', hasMetrics: true },
    ]);
  });

  it('refuses a tag filter instead of replicating objects that the rule does not name', () => {
    const tagged = rule('tagged', 1, '', 'east', { Filter: { Tag: { Key: 'k', Value: 'v' } } });
    expect(() => chooseDestinations([tagged], 'k')).toThrow(ReplicationSetupError);
  });
});
