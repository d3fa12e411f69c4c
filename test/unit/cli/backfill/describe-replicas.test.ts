import { expect, test } from '@jest/globals';
import { describeReplicas } from '../../../../src/cli/backfill/describe-replicas.ts';
import { deployedRules } from '../../../support/deployed-rules.ts';

function describeWith(source: object, destination: object): string | undefined {
  const rules = deployedRules([
    {
      source: { region: 'eu-west-1', bucket: 'here', ...source },
      destinations: [{ region: 'us-east-1', bucket: 'copy' }],
    },
    {
      source: { region: 'us-west-2', bucket: 'there', prefix_filter: 'in/' },
      destinations: [{ region: 'eu-west-1', bucket: 'here', ...destination }],
    },
  ]);
  const [rule] = rules;
  return rule === undefined ? '' : describeReplicas(rule, rules);
}

test('a backfill warns about objects that another rule restores into its source', () => {
  expect(describeWith({}, {})).toMatch(/^s3:\/\/here also receives objects from there-in\S*\. .* --missing/);
  expect(describeWith({ prefix_filter: 'of/' }, { target_prefix: 'of/us/' })).toContain('from there-in');
  expect(describeWith({ prefix_filter: 'of/us/in/2026/' }, { target_prefix: 'of/us/' })).toContain('from there-in');
});

test('a backfill does not warn if there are none, or if the rule also replicates them', () => {
  expect(describeWith({ prefix_filter: 'of/' }, {})).toBeUndefined();
  expect(describeWith({}, { bucket: 'elsewhere' })).toBeUndefined();
  expect(describeWith({ chain: true }, {})).toBeUndefined();
});
