import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigurationInvalidError } from '../../../src/configuration/errors.ts';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { ruleMatches } from '../../../src/configuration/rule.ts';
import { exampleRule } from '../../support/rules.ts';

const COMMITTED = fileURLToPath(new URL('../../../configuration', import.meta.url));

const SETTINGS = {
  stack_name: 'compressor',
  enabled_regions: [
    { region: 'us-west-2', vpc_cidr: '10.0.0.0/16', source_target: ['source'], availability_zones: 2 },
    { region: 'us-east-1', vpc_cidr: '10.1.0.0/16', source_target: ['target'], availability_zones: 2 },
    { region: 'eu-central-1', vpc_cidr: '10.2.0.0/16', source_target: ['source', 'target'], availability_zones: 2 },
  ],
  notification_emails: ['ops@example.com'],
  tags: { team: 'storage' },
};

/** The example of the public implementation, as its users have it. */
const EXISTING = {
  replication_configuration: [
    {
      source: {
        region: 'us-west-2',
        bucket: 'example-source-bucket',
        kms_key_arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        prefix_filter: 'large-files/',
        suffix_filter: '.jpg',
        scaling_limit: 50,
        cpu: 4096,
        memory: 8192,
        ephemeral_storage: 100,
        scaling_target_backlog_per_task: 20,
        visibility_timeout: 1800,
      },
      destinations: [
        {
          region: 'us-east-1',
          bucket: 'example-target-bucket-east',
          storage_class: 'INTELLIGENT_TIERING',
          kms_key_arn: '',
        },
        { region: 'eu-central-1', bucket: 'example-target-bucket-eu', storage_class: 'GLACIER_IR' },
      ],
    },
    {
      source: { region: 'us-west-2', bucket: 'example-secondary-bucket', prefix_filter: 'documents/' },
      destinations: [{ region: 'us-east-1', bucket: 'example-archive-bucket', storage_class: 'STANDARD_IA' }],
    },
  ],
};

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configuration-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function load(replication: unknown, settings: unknown = SETTINGS) {
  const write = (file: string, content: unknown) =>
    writeFile(join(directory, file), typeof content === 'string' ? content : JSON.stringify(content));
  await write('settings.json', settings);
  await write('replication_config.json', replication);
  return loadConfiguration(directory);
}

async function problemsOf(replication: unknown, settings: unknown = SETTINGS): Promise<string[]> {
  try {
    await load(replication, settings);
  } catch (thrown) {
    if (thrown instanceof ConfigurationInvalidError)
      return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
    throw thrown;
  }
  return [];
}

describe('loadConfiguration', () => {
  test('loads the committed example', async () => {
    const { rules, settings } = await loadConfiguration(COMMITTED);
    expect(settings.stack_name).toBe('s3-cross-region-compressor');
    expect(rules.map(({ destinations }) => destinations.length)).toEqual([1, 2]);
  });

  test('loads the files of the public implementation unchanged, and fills in defaults', async () => {
    const { rules } = await load(EXISTING);
    expect(rules[0]).toMatchObject({
      source: {
        prefix: 'large-files/',
        suffix: '.jpg',
        level: 9,
        chain: false,
        kmsKeyArn: expect.stringContaining('arn:'),
      },
      destinations: [
        { region: 'us-east-1', storageClass: 'INTELLIGENT_TIERING', onConflict: 'overwrite' },
        { region: 'eu-central-1', storageClass: 'GLACIER_IR' },
      ],
    });
    expect(rules[0]?.destinations[0]).not.toHaveProperty('kmsKeyArn');
    expect(rules[1]).toMatchObject({ source: { prefix: 'documents/', suffix: '' } });
  });

  test('reports the problems of both files at once, with their paths', async () => {
    const replication = {
      replication_configuration: [{ source: { region: 'r', bucket: 'b', level: 99, colour: 1 }, destinations: [] }],
    };
    const problems = await problemsOf(replication, { ...SETTINGS, stack_name: '' });
    expect(problems).toEqual([
      expect.stringMatching(/^stack_name: /),
      expect.stringMatching(/^replication_configuration\.0\.source\.level: /),
      expect.stringMatching(/^replication_configuration\.0\.source: .*colour/),
      expect.stringMatching(/^replication_configuration\.0\.destinations: a rule needs at least one/),
    ]);
  });

  test('says which file is missing or no JSON', async () => {
    expect(await problemsOf('{', SETTINGS)).toEqual([expect.stringContaining('JSON')]);
    await expect(loadConfiguration(join(directory, 'nowhere'))).rejects.toThrow(
      /2 problems[\s\S]*settings\.json[\s\S]*ENOENT/,
    );
  });

  test('refuses a rule whose region has not the role', async () => {
    const [first] = EXISTING.replication_configuration;
    const wrong = { ...first, source: { ...first?.source, region: 'us-east-1' } };
    expect(await problemsOf({ replication_configuration: [wrong] })).toEqual([
      expect.stringMatching(/source\.region: region "us-east-1" has not the role "source"/),
    ]);
  });

  test('refuses two rules that are one', async () => {
    const [first] = EXISTING.replication_configuration;
    expect(await problemsOf({ replication_configuration: [first, first] })).toEqual([
      expect.stringMatching(
        /replication_configuration\.1\.source: has the same region, bucket, prefix and suffix as rule 0/,
      ),
    ]);
  });
});

describe('ruleMatches', () => {
  const rule = exampleRule({ prefix: 'logs/', suffix: '.gz' });

  test.each([
    ['logs/a.gz', true],
    ['logs/.gz', true],
    ['logs/a.txt', false],
    ['logs-private/a.gz', false],
    ['a/logs/b.gz', false],
  ])('%s: %s', (key, expected) => {
    expect(ruleMatches(rule, 'source-bucket', key)).toBe(expected);
  });

  test('looks at the bucket', () => {
    expect(ruleMatches(rule, 'another-bucket', 'logs/a.gz')).toBe(false);
  });
});
