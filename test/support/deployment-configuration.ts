import type { DestinationEntry, SourceEntry } from '../../src/configuration/schema.ts';

/** Two source regions that send to each other and to a third: 60 rules, with what makes names and policies long. */
export function sixtyRules(): { readonly settings: object; readonly replication: object } {
  const settings = {
    stack_name: 'A-Stack-Name-That-Is-Much-Longer-Than-A-Bucket-Can-Hold',
    enabled_regions: [
      { region: 'eu-west-1', source_target: ['source', 'target'] },
      { region: 'us-east-1', source_target: ['source', 'target'] },
      { region: 'ap-southeast-2', source_target: ['target'] },
    ],
    notification_emails: ['one@example.com', 'two@example.com'],
    tags: { team: 'storage "and" more' },
  };
  const rules = Array.from({ length: 60 }, (_, index) => {
    const region = index % 2 === 0 ? 'eu-west-1' : 'us-east-1';
    const other = region === 'eu-west-1' ? 'us-east-1' : 'eu-west-1';
    const source: Partial<SourceEntry> = {
      region,
      // Ten rules share one bucket, and all names begin alike.
      bucket:
        index < 20 ? `shared-bucket-${region}` : `a-bucket-whose-name-is-as-long-as-they-come-in-practice-${index}`,
      prefix_filter: `data set/$${index}/`,
      suffix_filter: index % 3 === 0 ? '.csv' : '',
      kms_key_arn: `arn:aws:kms:${region}:111122223333:key/source-${index}`,
    };
    const destination = (to: string): Partial<DestinationEntry> => ({
      region: to,
      bucket: `target-bucket-with-a-rather-long-name-${to}-${index}`,
      target_prefix: 'from*/',
      kms_key_arn: `arn:aws:kms:${to}:111122223333:key/target-${index}`,
    });
    return { source, destinations: [destination(other), destination('ap-southeast-2')] };
  });
  return { settings, replication: { replication_configuration: rules } };
}
