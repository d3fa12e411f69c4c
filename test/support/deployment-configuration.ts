import type { DestinationEntry, SourceEntry } from '../../src/configuration/schema/schema.ts';

/**
 * Two source regions that send to each other and to a third: 60 rules, all with the fallback, and with long names and
 * policies.
 */
export function sixtyRules(): { readonly settings: object; readonly replication: object } {
  const settings = {
    stack_name: `A-Stack-Name-That-Is-Much-Longer-Than-A-Bucket-Can-Hold-${'x'.repeat(72)}`,
    enabled_regions: [
      { region: 'eu-west-1', source_target: ['source', 'target'], vpc_cidr: '10.1.0.0/16', availability_zones: 6 },
      { region: 'us-east-1', source_target: ['source', 'target'], vpc_cidr: '10.2.0.0/16', network: 'isolated' },
      { region: 'ap-southeast-2', source_target: ['target'], vpc_cidr: '10.3.0.0/16' },
    ],
    notification_emails: ['one@example.com', 'two@example.com'],
    tags: { team: 'Lager + Archiv / größer', 'cost:center': '' },
  };
  const rules = Array.from({ length: 60 }, (_, index) => {
    const region = index % 2 === 0 ? 'eu-west-1' : 'us-east-1';
    const other = region === 'eu-west-1' ? 'us-east-1' : 'eu-west-1';
    const source: Partial<SourceEntry> = {
      region,
      // Ten rules share one bucket, and all names have the same beginning.
      bucket:
        index < 20 ? `shared-bucket-${region}` : `a-bucket-whose-name-is-as-long-as-they-come-in-practice-${index}`,
      // Some with characters that IAM and CloudWatch do not accept.
      prefix_filter: index % 10 === 3 ? `データ/é😀/${index}/` : `data set/$${index}/`,
      suffix_filter: index % 3 === 0 ? '.csv' : '',
      kms_key_arn: `arn:aws:kms:${region}:111122223333:key/source-${index}`,
      fallback: true,
      ...(index < 30 && { verify: 'weekly' as const }),
      ...(index === 40 && { events: 'eventbridge' as const, chain: true }),
    };
    const destination = (to: string): Partial<DestinationEntry> => ({
      region: to,
      bucket: `target-bucket-with-a-rather-long-name-${to}-${index}`,
      target_prefix: index % 10 === 3 ? '来た/' : 'from*/',
      kms_key_arn: `arn:aws:kms:${to}:111122223333:key/target-${index}`,
    });
    return { source, destinations: [destination(other), destination('ap-southeast-2')] };
  });
  return { settings, replication: { replication_configuration: rules } };
}

/**
 * Rules with and without the fallback: eu-west-1 has it in a public network, us-east-1 in an isolated one,
 * ap-southeast-2 only receives objects of a rule without it.
 */
export function someFallback(): { readonly settings: object; readonly replication: object } {
  const settings = {
    stack_name: 'compressor',
    enabled_regions: [
      { region: 'eu-west-1', source_target: ['source', 'target'], vpc_cidr: '10.1.0.0/16', availability_zones: 3 },
      {
        region: 'us-east-1',
        source_target: ['source', 'target'],
        vpc_cidr: '10.2.0.0/24',
        network: 'isolated',
        scaling_limit: 7,
      },
      { region: 'ap-southeast-2', source_target: ['target'], vpc_cidr: '10.3.0.0/16' },
    ],
  };
  const fallback = { fallback: true, cpu: 4096, memory: 8192, fallback_on_demand_percent: 25, scaling_limit: 5 };
  const rules = [
    {
      source: { region: 'eu-west-1', bucket: 'huge', ...fallback, scaling_target_backlog_per_task: 3 },
      destinations: [{ region: 'us-east-1', bucket: 'huge-us' }],
    },
    {
      source: { region: 'us-east-1', bucket: 'large', ...fallback, cpu: 1024, memory: 8192 },
      destinations: [{ region: 'eu-west-1', bucket: 'large-eu' }],
    },
    {
      source: { region: 'eu-west-1', bucket: 'small', verify: 'daily' },
      destinations: [
        { region: 'us-east-1', bucket: 'small-us' },
        { region: 'ap-southeast-2', bucket: 'small-ap' },
      ],
    },
  ];
  return { settings, replication: { replication_configuration: rules } };
}
