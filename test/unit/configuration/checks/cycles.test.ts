import { describe, expect, test } from '@jest/globals';
import { loadRules, problemsOf, SETTINGS } from '../../../support/configuration.ts';

const REGIONS = ['us-west-2', 'us-east-1', 'eu-central-1', 'ap-south-1'];
const EVERYWHERE = {
  ...SETTINGS,
  enabled_regions: REGIONS.map((region) => ({ region, source_target: ['source', 'target'] })),
};

/** `a/logs/ -> b`, or with a target prefix `a/logs/ -> b/copies/`: buckets have names of one letter here, and one region each. */
function rule(text: string): object {
  const [from = '', to = ''] = text.split(' -> ');
  const [source = '', suffix = ''] = from.split('*');
  return {
    source: { ...place(source), prefix_filter: source.slice(2), suffix_filter: suffix },
    destinations: to.split(', ').map((target) => ({ ...place(target), target_prefix: target.slice(2) })),
  };
}

function place(text: string): { region: string; bucket: string } {
  return { region: REGIONS['abcd'.indexOf(text.charAt(0))] ?? '', bucket: `bucket-${text.charAt(0)}` };
}

async function cyclesOf(...rules: readonly string[]): Promise<string[]> {
  const problems = await problemsOf(loadRules(rules.map(rule), EVERYWHERE));
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('rules that form a cycle', () => {
  test.each([
    ['two buckets that copy each other', ['a/ -> b', 'b/ -> a']],
    ['three buckets', ['a/ -> b', 'b/ -> c', 'c/ -> a']],
    ['a prefix inside a prefix', ['a/logs/ -> b', 'b/logs/app/ -> a']],
    ['a bucket that copies everything back to a prefix of the other one', ['a/logs/ -> b', 'b/ -> a']],
    ['suffixes with the same end', ['a/*.gz -> b', 'b/*.tar.gz -> a']],
    ['one of several destinations', ['a/ -> c, b', 'b/ -> d, a']],
    ['target prefixes that match the other filter', ['a/in/ -> b/out/', 'b/out/ -> a/in/']],
    ['a key that grows with each round', ['a/ -> b/copies/', 'b/ -> a']],
  ])('%s', async (_, rules) => {
    expect(await cyclesOf(...rules)).toEqual([expect.stringContaining('objects would be replicated in a loop')]);
  });

  test('are reported with the path of the keys, at the first rule of the cycle', async () => {
    expect(
      await cyclesOf('a/x/ -> d', 'b/logs/app/*.gz -> c/copies/', 'c/copies/ -> d/', 'd/copies/logs/ -> b/logs/app/'),
    ).toEqual([
      'replication_configuration.1: objects would be replicated in a loop: ' +
        's3://bucket-b/logs/app/*.gz -(rule 1)-> s3://bucket-c/copies/logs/app/*.gz -(rule 2)-> ' +
        's3://bucket-d/copies/logs/app/*.gz -(rule 3)-> s3://bucket-b/logs/app/copies/logs/app/*.gz. ' +
        'Narrow a prefix, or remove one of the rules',
    ]);
  });

  test('are reported once each', async () => {
    expect(await cyclesOf('a/x/ -> b', 'b/x/ -> a', 'c/ -> d', 'd/ -> c')).toHaveLength(2);
  });
});

describe('rules that only look like a cycle', () => {
  test.each([
    ['two directions with different prefixes', ['a/west/ -> b', 'b/east/ -> a']],
    ['prefixes with the same beginning', ['a/logs/ -> b', 'b/logs-private/ -> a']],
    ['different suffixes', ['a/*.gz -> b', 'b/*.zip -> a']],
    ['a chain', ['a/ -> b', 'b/ -> c', 'c/ -> d']],
    ['a ring of buckets in which no key returns', ['a/x/ -> b', 'b/ -> c', 'c/y/ -> d', 'd/ -> a']],
    ['a target prefix outside of the other filter', ['a/in/ -> b/copies/', 'b/in/ -> a/copies/']],
    ['two rules with one destination', ['a/ -> c', 'b/ -> c']],
  ])('are accepted: %s', async (_, rules) => {
    expect(await cyclesOf(...rules)).toEqual([]);
  });
});
