import { expect, test } from '@jest/globals';
import { planReplication } from '../../../src/templates/plan-replication.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

const rulesTo = (count: number, ...regions: readonly string[]) =>
  deployedRules(
    Array.from({ length: count }, (_, index) => ({
      source: { region: 'eu-west-1', bucket: `bucket-${index}` },
      destinations: regions.map((region) => ({ region, bucket: `copy-${index}-${region}` })),
    })),
  );

test('a rule with several regions has a replication rule for each, and each region has one for resends to it alone', () => {
  const [one] = rulesTo(1, 'us-east-1');
  const [two] = rulesTo(1, 'us-east-1', 'ap-south-1');
  if (one === undefined || two === undefined) throw new Error('no rules');
  expect(planReplication({ region: 'eu-west-1', outgoing: [one] })).toEqual([
    { Id: `${one.id}-us-east-1`, ArchivePrefix: `${one.id}/`, region: 'us-east-1' },
  ]);
  expect(planReplication({ region: 'eu-west-1', outgoing: [one, two, { ...two, id: 'third' }] }).slice(-2)).toEqual([
    { Id: '_resend-us-east-1', ArchivePrefix: '_resend-us-east-1/', region: 'us-east-1' },
    { Id: '_resend-ap-south-1', ArchivePrefix: '_resend-ap-south-1/', region: 'ap-south-1' },
  ]);
});

test('more replication rules than S3 accepts for a bucket are refused before anything is deployed', () => {
  const american = ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1'];
  const regions = [...american, 'ap-south-1', 'ap-east-1', 'eu-north-1', 'eu-south-1'];
  expect(planReplication({ region: 'eu-west-1', outgoing: rulesTo(99, ...regions) })).toHaveLength(1000);
  expect(() => planReplication({ region: 'eu-west-1', outgoing: rulesTo(100, ...regions) })).toThrow(
    expect.objectContaining({ code: 'TEMPLATE_LIMIT', message: expect.stringContaining('1010') }),
  );
});
