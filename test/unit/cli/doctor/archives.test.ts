import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import type { CheckContext } from '../../../../src/cli/doctor/check.ts';
import { ARCHIVE_CHECKS } from '../../../../src/cli/doctor/checks/archives.ts';
import { deployedRules } from '../../../support/deployed-rules.ts';

test('doctor checks both ends for archives resent to one of several regions', () => {
  const rules = deployedRules([
    { source: { region: 'eu-west-1', bucket: 'one' }, destinations: [{ region: 'us-east-1', bucket: 'copy' }] },
    {
      source: { region: 'eu-west-1', bucket: 'two' },
      destinations: ['us-east-1', 'ap-south-1'].map((region) => ({ region, bucket: `copy-${region}` })),
    },
  ]);
  const arriving = (region: string) =>
    rules.flatMap((rule) =>
      rule.destinations.filter((each) => each.region === region).map((destination) => ({ rule, destination })),
    );
  const plans = [
    { region: 'eu-west-1', settings: { source_target: ['source'] }, outgoing: rules, incoming: [] },
    { region: 'us-east-1', settings: { source_target: ['target'] }, outgoing: [], incoming: arriving('us-east-1') },
  ];
  const patient = {
    plans,
    configuration: { settings: { stack_name: 'app' } },
    identity: { account: '123456789012' },
    clients: { s3: (region: string) => new S3Client({ region }) },
  } as unknown as CheckContext;

  const looked = ARCHIVE_CHECKS.checksOf(patient).map(({ subject }) => subject.replace('s3://app-123456789012-', ''));

  const ids = rules.map(({ id }) => id);
  expect(looked).toEqual([
    ...[...ids, '_resend-us-east-1', '_resend-ap-south-1'].map((id) => `eu-west-1-outbound/${id}/`),
    'eu-west-1-failed/failed/',
    ...[...ids, '_resend-us-east-1'].map((id) => `us-east-1-inbound/${id}/`),
  ]);
});
