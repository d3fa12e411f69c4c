import { expect, test } from '@jest/globals';
import type { Configuration } from '../../../src/configuration/load.ts';
import { settingsSchema } from '../../../src/configuration/schema/schema.ts';
import { measureTemplate, writeTemplate } from '../../../src/templates/write-template.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-central-1'],
  ...['ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1'],
];
const OPTIONS = { stacks: 'src/stacks', priceRevision: '1.0.0-0123456789ab' };

/** Each rule sends to two regions. @param prefix of keys */
function configuration(rules: number, prefix = ''): Configuration {
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

test('90 rules of ordinary names over ten regions fit, and more are refused for their number of resources', () => {
  expect(measureTemplate(configuration(90), OPTIONS).bytes).toBeLessThan(900_000);
  const { resources, bytes } = measureTemplate(configuration(100), OPTIONS);
  expect(resources).toBeGreaterThan(500);
  expect(bytes).toBeLessThan(1_000_000);
  expect(() => writeTemplate(configuration(100), OPTIONS)).toThrow(/would have \d+ resources/);
});

test('a template that only SAM makes too large is refused, with both numbers', () => {
  const many = configuration(86, 'a-long-prefix/'.repeat(24));
  const { bytes, resources } = measureTemplate(many, OPTIONS);
  expect(resources).toBeLessThanOrEqual(500);
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(() => writeTemplate(many, OPTIONS)).toThrow(
    `The template would have ${resources} resources and ${bytes} bytes as SAM uploads it; CloudFormation takes 500 and 1000000.`,
  );
});

test('a template within both limits is written, and is shorter than what is uploaded', () => {
  const few = configuration(40);
  expect(Buffer.byteLength(writeTemplate(few, OPTIONS))).toBeLessThan(0.95 * measureTemplate(few, OPTIONS).bytes);
});

test('a template is not refused for the path to its nested stacks, which SAM replaces', () => {
  const close = configuration(86, 'a-long-prefix/'.repeat(14));
  const { bytes } = measureTemplate(close, OPTIONS);
  const deep = { ...OPTIONS, stacks: `${'../'.repeat(1_000)}src/stacks` };
  expect(bytes).toBeLessThan(1_000_000);
  expect(bytes).toBeGreaterThan(900_000);
  expect(() => writeTemplate(close, deep)).not.toThrow();
});
