import type { Configuration } from '../../src/configuration/read-configuration.ts';
import { settingsSchema } from '../../src/configuration/schema/schema.ts';
import { deployedRules } from './deployed-rules.ts';

const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-central-1'],
  ...['ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1'],
];

/** Rules for buckets with ordinary names. Each sends to two regions. @param prefix of keys */
export function rulesOverTenRegions(rules: number, prefix = ''): Configuration {
  const region = (index: number): string => REGIONS[index % REGIONS.length] ?? '';
  return {
    settings: settingsSchema.parse({
      stack_name: 'compressor',
      enabled_regions: REGIONS.map((name) => ({ region: name, source_target: ['source', 'target'] })),
    }),
    rules: deployedRules(
      Array.from({ length: rules }, (_, index) => ({
        source: {
          region: region(index),
          bucket: `source-of-a-department-with-a-long-name-${index}`,
          prefix_filter: prefix,
        },
        destinations: [1, 2].map((step) => ({
          region: region(index + step),
          bucket: `target-of-a-department-with-a-long-name-${index}-${step}`,
        })),
      })),
    ),
  };
}
