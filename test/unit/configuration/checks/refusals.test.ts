import { describe, expect, test } from '@jest/globals';
import { loadRules, problemsOf, ruleEntry, SETTINGS } from '../../../support/configuration.ts';

const [WEST, EAST, EUROPE] = SETTINGS.enabled_regions;
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd';

type Expected = Partial<Record<'path' | 'message' | 'value' | 'allowed' | 'suggestion', unknown>>;

const source = (key: string): string => `replication_configuration.0.source.${key}`;

describe('a rule is refused for', () => {
  test.each<readonly [string, object, Expected]>([
    ['an unknown key', { prefix: 'logs/' }, { path: source('prefix'), suggestion: 'prefix_filter' }],
    ['a key in another spelling', { scalingLimit: 3 }, { path: source('scalingLimit'), suggestion: 'scaling_limit' }],
    ['an unknown region', { region: 'us-west-9' }, { path: source('region'), value: '"us-west-9"' }],
    [
      'a number out of range',
      { level: 99 },
      { path: source('level'), value: '99', allowed: 'whole number from -7 to 22' },
    ],
    ['text in place of a number', { batch_size: '10' }, { path: source('batch_size'), value: '"10"' }],
    ['a fraction', { function_timeout: 90.5 }, { path: source('function_timeout'), value: '90.5' }],
    ['an unknown kind of events', { events: 'sns' }, { path: source('events'), value: '"sns"' }],
    ['null', { level: null }, { path: source('level'), value: 'null' }],
    [
      'CPU units that Fargate does not offer',
      { cpu: 3000 },
      { path: source('cpu'), allowed: expect.stringContaining('8192') },
    ],
    [
      'a pair of CPU and memory that Fargate does not offer',
      { cpu: 2048, memory: 3000 },
      { path: source('memory'), allowed: expect.stringMatching(/^with cpu 2048: 4096, 5120, .*16384$/) },
    ],
    [
      'large batches without a window',
      { batch_size: 11, batch_window: 0 },
      { path: source('batch_window'), message: expect.stringContaining('at least 1 second') },
    ],
    [
      'a wildcard',
      { prefix_filter: 'logs/*' },
      { path: source('prefix_filter'), message: expect.stringContaining('wildcard') },
    ],
    ['a URL as prefix', { prefix_filter: 's3://b/logs' }, { path: source('prefix_filter') }],
    ['a prefix longer than a key', { prefix_filter: 'ü'.repeat(513) }, { path: source('prefix_filter') }],
    ['a control character', { prefix_filter: 'a\u0001' }, { message: expect.stringContaining('control characters') }],
    ['half a character', { suffix_filter: '\ud83d' }, { path: source('suffix_filter') }],
    [
      'an alias of a key',
      { kms_key_arn: 'arn:aws:kms:us-west-2:111122223333:alias/a' },
      { path: source('kms_key_arn') },
    ],
    [
      'a key of another region',
      { kms_key_arn: KEY },
      { path: source('kms_key_arn'), message: expect.stringContaining('us-east-1') },
    ],
    [
      'a region without the role "source"',
      { region: 'us-east-1' },
      {
        path: source('region'),
        message: expect.stringContaining('does not have the role "source"'),
        allowed: 'regions with the role "source": us-west-2, eu-central-1',
      },
    ],
    [
      'a region that is not enabled',
      { region: 'sa-east-1' },
      { path: source('region'), message: expect.stringContaining('not in enabled_regions') },
    ],
  ])('%s', async (_, wrong, expected) => {
    expect(await problemsOf(loadRules([ruleEntry(wrong)]))).toEqual([expect.objectContaining(expected)]);
  });

  test.each([
    ['ab', '3 to 63'],
    ['a'.repeat(64), '3 to 63'],
    ['My-Bucket', 'lower-case'],
    ['my_bucket', 'lower-case'],
    ['bucket/logs', 'lower-case'],
    ['-bucket', 'begins and ends'],
    ['bucket.', 'begins and ends'],
    ['a..bucket', 'consecutive dots'],
    ['192.168.5.4', 'IP address'],
    ['xn--bucket', 'reserved'],
    ['bucket--x-s3', 'general purpose'],
  ])('the bucket name %s', async (bucket, reason) => {
    expect(await problemsOf(loadRules([ruleEntry({ bucket })]))).toEqual([
      expect.objectContaining({
        path: source('bucket'),
        message: expect.stringContaining(reason),
        value: `"${bucket}"`,
      }),
    ]);
  });

  test('missing parts, each of them', async () => {
    const problems = await problemsOf(
      loadRules([{ source: { bucket: 'one-bucket' } }, { source: {}, destinations: [] }]),
    );
    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'replication_configuration.0.destinations',
      'replication_configuration.0.source.region',
      'replication_configuration.1.destinations',
      'replication_configuration.1.source.bucket',
      'replication_configuration.1.source.region',
    ]);
  });

  test('a destination in the bucket of its source', async () => {
    expect(await problemsOf(loadRules([ruleEntry({}, { region: 'us-west-2', bucket: 'one-bucket' })]))).toEqual([
      expect.objectContaining({
        path: 'replication_configuration.0.destinations.0.bucket',
        message: expect.stringContaining('is also the source bucket'),
      }),
    ]);
  });

  test('two destinations that write the same keys, but not two prefixes of one bucket', async () => {
    const twice = loadRules([ruleEntry({}, { storage_class: 'STANDARD' }, { storage_class: 'GLACIER' })]);
    expect(await problemsOf(twice)).toMatchObject([{ path: 'replication_configuration.0.destinations.1.bucket' }]);
    expect(await problemsOf(loadRules([ruleEntry({}, { target_prefix: 'a/' }, { target_prefix: 'b/' })]))).toEqual([]);
  });

  test('a bucket named in two regions', async () => {
    const rules = [ruleEntry(), ruleEntry({ bucket: 'third-bucket' }, { region: 'us-east-1' })];
    expect(await problemsOf(loadRules(rules))).toEqual([
      expect.objectContaining({
        path: 'replication_configuration.1.destinations.0.region',
        message: expect.stringContaining(
          'in us-east-1 here and in eu-central-1 at replication_configuration.0.destinations.0',
        ),
      }),
    ]);
  });
});

describe('events of EventBridge', () => {
  const restores = ruleEntry(
    { region: 'eu-central-1', bucket: 'third-bucket' },
    { region: 'us-west-2', bucket: 'one-bucket' },
  );

  test('are refused if restored objects would be packed again although the rule ignores them', async () => {
    expect(await problemsOf(loadRules([ruleEntry({ events: 'eventbridge' }), restores]))).toEqual([
      expect.objectContaining({
        path: 'replication_configuration.0.source.events',
        message: expect.stringContaining('another rule restores in one-bucket'),
        allowed: expect.stringContaining('`chain`'),
      }),
    ]);
    expect(await problemsOf(loadRules([ruleEntry({ events: 'eventbridge', chain: true }), restores]))).toEqual([]);
    expect(await problemsOf(loadRules([ruleEntry({ events: 'eventbridge' })]))).toEqual([]);
  });
});

describe('two rules of one bucket', () => {
  test.each([
    [{ prefix_filter: 'logs/' }, { prefix_filter: 'logs/app/' }],
    [{}, { prefix_filter: 'logs/' }],
    [{ suffix_filter: '.gz' }, { prefix_filter: 'logs/' }],
    [{ suffix_filter: '.gz' }, { suffix_filter: '.tar.gz' }],
    [{ prefix_filter: 'log' }, { prefix_filter: 'logs/' }],
  ])('%j and %j overlap', async (left, right) => {
    expect(await problemsOf(loadRules([ruleEntry(left), ruleEntry(right)]))).toEqual([
      expect.objectContaining({
        path: 'replication_configuration.1.source',
        message: expect.stringMatching(/^overlaps rule 0 .* which S3 refuses/),
      }),
    ]);
  });

  test.each([
    [{ prefix_filter: 'logs/' }, { prefix_filter: 'data/' }],
    [
      { prefix_filter: 'logs/', suffix_filter: '.gz' },
      { prefix_filter: 'logs/', suffix_filter: '.zip' },
    ],
    [
      { prefix_filter: 'logs/', suffix_filter: '.gz' },
      { prefix_filter: 'logs/app/', suffix_filter: '.zip' },
    ],
    [{ prefix_filter: 'a/b' }, { prefix_filter: 'a-b' }],
    [{ prefix_filter: 'logs/', draining: true }, { prefix_filter: 'logs/app/' }],
    [{ prefix_filter: 'logs/' }, { draining: true }],
  ])('%j and %j do not overlap', async (left, right) => {
    expect(await problemsOf(loadRules([ruleEntry(left), ruleEntry(right)]))).toEqual([]);
  });

  test('with the same filters have to be merged', async () => {
    expect(await problemsOf(loadRules([ruleEntry(), ruleEntry()]))).toMatchObject([
      { path: 'replication_configuration.1.source', message: expect.stringContaining('merge their destinations') },
    ]);
  });
});

describe('the settings are refused for', () => {
  test.each<readonly [string, object, Expected]>([
    [
      'a region twice',
      { enabled_regions: [WEST, EAST, EUROPE, { ...EAST, vpc_cidr: '10.9.0.0/16' }] },
      { path: 'enabled_regions.3.region' },
    ],
    [
      'a region twice, without a complaint about the missing role of its first entry',
      { enabled_regions: [WEST, EAST, EUROPE, { ...WEST, source_target: ['target'], vpc_cidr: '10.9.0.0/16' }] },
      { path: 'enabled_regions.3.region' },
    ],
    [
      'overlapping networks',
      { enabled_regions: [WEST, EAST, { ...EUROPE, vpc_cidr: '10.1.128.0/17' }] },
      { path: 'enabled_regions.2.vpc_cidr', message: expect.stringContaining('10.1.0.0/16 of enabled_regions.1') },
    ],
    [
      'a network larger than a VPC',
      { enabled_regions: [WEST, EAST, { ...EUROPE, vpc_cidr: '11.0.0.0/8' }] },
      { path: 'enabled_regions.2.vpc_cidr' },
    ],
    [
      'an invalid network',
      { enabled_regions: [WEST, EAST, { ...EUROPE, vpc_cidr: '10.2.0.0' }] },
      { path: 'enabled_regions.2.vpc_cidr', value: '"10.2.0.0"' },
    ],
    [
      'a region of another partition',
      { enabled_regions: [WEST, EAST, EUROPE, { region: 'us-gov-west-1', source_target: ['target'] }] },
      {
        path: 'enabled_regions.3.region',
        message: expect.stringContaining('partition aws-us-gov, but us-west-2 is in aws'),
      },
    ],
    [
      'a region of China',
      { enabled_regions: [{ region: 'cn-north-1', source_target: ['target'] }, WEST, EAST, EUROPE] },
      { path: 'enabled_regions.0.region', message: expect.stringContaining('aws-cn, where this product cannot') },
    ],
    [
      'a region of the European Sovereign Cloud',
      { enabled_regions: [WEST, EAST, EUROPE, { region: 'eusc-de-east-1', source_target: ['target'] }] },
      { path: 'enabled_regions.3.region', message: expect.stringContaining('aws-eusc, where this product cannot') },
    ],
    [
      'an unknown role',
      { enabled_regions: [WEST, EAST, { ...EUROPE, source_target: ['source', 'traget'] }] },
      { path: 'enabled_regions.2.source_target.1', suggestion: '"target"' },
    ],
    [
      'an invalid address',
      { notification_emails: ['ops@example.com', 'ops'] },
      { path: 'notification_emails.1', value: '"ops"', allowed: 'an e-mail address, such as `team@example.com`' },
    ],
    ['days that CloudWatch does not offer', { log_retention_days: 31 }, { path: 'log_retention_days' }],
    ['a log level in lower case', { log_level: 'debug' }, { path: 'log_level', suggestion: '"DEBUG"' }],
    [
      'tags that AWS reserves',
      { tags: { 'aws:owner': 'us' } },
      { path: 'tags.aws:owner', message: 'is not a valid name here' },
    ],
    [
      'reserved tags in capitals',
      { tags: { 'AWS:owner': 'us' } },
      { path: 'tags.AWS:owner', message: 'is not a valid name here' },
    ],
    ['a tag name that AWS does not accept', { tags: { 'owner?': 'us' } }, { path: 'tags.owner?' }],
    ['a tag value that AWS does not accept', { tags: { owner: 'us, them' } }, { path: 'tags.owner' }],
    ['a tag value that is too long', { tags: { owner: 'x'.repeat(257) } }, { path: 'tags.owner' }],
    [
      'more tags than a resource can have',
      { tags: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`tag${index}`, ''])) },
      { path: 'tags', message: 'has 41 tags; at most 40 are allowed' },
    ],
    ...['x', 'my--stack', 'stack-', '-stack', '9stack', 'my_stack'].map(
      (name) => [`the stack name ${name}`, { stack_name: name }, { path: 'stack_name', value: `"${name}"` }] as const,
    ),
    ['a stack name that is too long', { stack_name: 'a'.repeat(129) }, { path: 'stack_name' }],
    ...['sthree', 'amzn-s3-demo-stack'].map(
      (name) =>
        [
          `the stack name ${name}`,
          { stack_name: name },
          { path: 'stack_name', message: expect.stringContaining('reserved') },
        ] as const,
    ),
    [
      'a price of 0',
      { prices: { date: '2026-11-23', source: 's', sqs_request: 0 } },
      { path: 'prices.sqs_request', value: '0' },
    ],
    ['prices without a date', { prices: { source: 's' } }, { path: 'prices.date', message: 'is missing' }],
    ['an unknown key', { stackname: 'a' }, { path: 'stackname', suggestion: 'stack_name' }],
  ])('%s', async (_, wrong, expected) => {
    expect(await problemsOf(loadRules([ruleEntry()], { ...SETTINGS, ...wrong }))).toEqual([
      expect.objectContaining(expected),
    ]);
  });

  test('nothing that every AWS service accepts', async () => {
    const tags = { 'Kosten:Stelle / größe': 'a_b.c:d/e=f+g-h@i', 'no value': '' };
    for (const stack_name of ['ab', 'My-Stack-2', 'a'.repeat(128)]) {
      expect(await problemsOf(loadRules([ruleEntry()], { ...SETTINGS, tags, stack_name }))).toEqual([]);
    }
  });
});

describe('a rule with the fallback is refused when one of its regions', () => {
  const without = { region: 'eu-central-1', source_target: ['source', 'target'] };
  const refused = (region: object) =>
    problemsOf(loadRules([ruleEntry({ fallback: true })], { ...SETTINGS, enabled_regions: [WEST, EAST, region] }));

  test('has no network, and the message names the rule that needs it', async () => {
    expect(await refused(without)).toMatchObject([
      {
        file: 'settings.json',
        path: 'enabled_regions.2.vpc_cidr',
        message: expect.stringMatching(/missing.*fallback tasks of replication_configuration\.0 in eu-central-1/),
      },
    ]);
  });

  test('has a network with too few addresses for its zones', async () => {
    const network = { vpc_cidr: '10.2.0.0/27', availability_zones: 3 };
    expect(await refused({ ...without, ...network })).toMatchObject([
      { path: 'enabled_regions.2.vpc_cidr', message: expect.stringContaining('room for 2 subnets of /28') },
    ]);
  });

  test('has a network that cannot be parsed, reported once', async () => {
    expect(await refused({ ...without, vpc_cidr: '10.2.0.0' })).toHaveLength(1);
  });

  test('lacks a network, but not when only another region lacks one', async () => {
    const east = { region: 'us-east-1', source_target: ['target'] };
    const problems = problemsOf(
      loadRules([ruleEntry({}, { region: 'us-east-1' })], { ...SETTINGS, enabled_regions: [WEST, east, without] }),
    );
    expect(await problems).toEqual([]);
  });
});

describe('notifications of one bucket', () => {
  const rules = (count: number, events: (index: number) => object = () => ({})) =>
    Array.from({ length: count }, (_, index) => ruleEntry({ prefix_filter: `${index}/`, ...events(index) }));

  test('may be 100 and no more', async () => {
    expect(await problemsOf(loadRules(rules(100)))).toEqual([]);
    const [problem, ...others] = await problemsOf(loadRules(rules(101)));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      path: 'replication_configuration.100.source.events',
      message: expect.stringContaining('would have 101 notifications for rules; S3 allows 100 per bucket'),
      allowed: expect.stringContaining('`eventbridge`'),
    });
  });

  test('do not include draining rules, or rules whose new objects EventBridge reports', async () => {
    const events = (index: number): object =>
      index === 0 ? { draining: true } : index === 1 ? { events: 'eventbridge' } : {};
    expect(await problemsOf(loadRules(rules(102, events)))).toEqual([]);
  });
});

describe('lifecycle_deletes', () => {
  test('is a mistake unless a destination replicates deletions', async () => {
    const [problem, ...others] = await problemsOf(loadRules([ruleEntry({ lifecycle_deletes: true })]));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      path: 'replication_configuration.0.source.lifecycle_deletes',
      allowed: expect.stringContaining('set `deletes` to "replicate"'),
    });
    expect(await problemsOf(loadRules([ruleEntry({ lifecycle_deletes: true, deletes: 'replicate' })]))).toEqual([]);
    const there = ruleEntry({ lifecycle_deletes: true }, { deletes: 'replicate' });
    expect(await problemsOf(loadRules([there]))).toEqual([]);
  });

  test('is also a mistake if every destination overrides the setting of the source for deletions', async () => {
    const entry = ruleEntry({ lifecycle_deletes: true, deletes: 'replicate' }, { deletes: 'ignore' });
    expect(await problemsOf(loadRules([entry]))).toMatchObject([
      { path: 'replication_configuration.0.source.lifecycle_deletes' },
    ]);
  });
});
