import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { STORE_LEVEL } from '../../../src/configuration/schema/levels.ts';
import { loadRules, loadTexts, problemsOf, ruleEntry, SETTINGS } from '../../support/configuration.ts';

const PROJECT = new URL('../../../', import.meta.url);

/** The example of the public implementation as its users have it, made-up key ids included. */
const EXISTING = [
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
      {
        region: 'eu-central-1',
        bucket: 'example-target-bucket-eu',
        storage_class: 'GLACIER_IR',
        kms_key_arn: 'arn:aws:kms:eu-central-1:111122223333:key/efgh5678-ef56-gh78-ij90-efghij456789',
      },
    ],
  },
  {
    source: {
      region: 'us-west-2',
      bucket: 'example-secondary-bucket',
      prefix_filter: 'documents/',
      visibility_timeout: 9000,
    },
    destinations: [{ region: 'us-east-1', bucket: 'example-archive-bucket', storage_class: 'STANDARD_IA' }],
  },
];

describe('loadConfiguration', () => {
  test('loads the committed example', async () => {
    const { rules, settings } = await loadConfiguration(fileURLToPath(new URL('configuration', PROJECT)));
    expect(settings.stack_name).toBe('s3-cross-region-compressor');
    expect(rules.map(({ destinations }) => destinations.length)).toEqual([1, 2, 1]);
    expect(rules[2]).toMatchObject({
      source: { suffix: '.tif' },
      destinations: [{ targetPrefix: 'eu-west-1/' }],
      sizing: { functionMemoryMegabytes: 7076 },
    });
  });

  test('loads the files of the public implementation unchanged, and fills in defaults', async () => {
    const { rules, settings } = await loadRules(EXISTING);
    expect(rules[0]).toMatchObject({
      source: {
        prefix: 'large-files/',
        suffix: '.jpg',
        levels: [STORE_LEVEL, -5, 1, 3, 6, 9, 12, 19],
        chain: false,
        kmsKeyArn: expect.stringContaining('arn:'),
      },
      destinations: [
        { region: 'us-east-1', storageClass: 'INTELLIGENT_TIERING', onConflict: 'overwrite' },
        { region: 'eu-central-1', storageClass: 'GLACIER_IR' },
      ],
    });
    expect(rules[0]?.destinations[0]).not.toHaveProperty('kmsKeyArn');
    expect(rules[0]?.destinations[0]).not.toHaveProperty('targetPrefix');
    expect(rules[1]).toMatchObject({ source: { prefix: 'documents/', suffix: '' } });
    expect(settings).toMatchObject({ log_level: 'INFO', log_retention_days: 30 });
  });

  test('hides a message for 6 times the function timeout plus the window, or longer if the file says so', async () => {
    const { rules } = await loadRules(EXISTING);
    expect(rules.map(({ sizing }) => sizing.visibilitySeconds)).toEqual([5420, 9000]);
  });

  test('gives a rule fallback tasks only if it asks for them', async () => {
    const sizes = { scaling_limit: 1, cpu: 1024, memory: 2048, scaling_target_backlog_per_task: 7 };
    const { rules } = await loadRules([
      ruleEntry({ ...sizes, fallback: true }),
      ruleEntry({ ...sizes, bucket: 'third-bucket' }),
    ]);
    expect(rules[0]?.sizing.fallback).toEqual({
      cpu: 1024,
      memoryMebibytes: 2048,
      maximumTasks: 1,
      backlogPerTask: 7,
      onDemandPercent: 0,
    });
    expect(rules[0]?.sizing.maximumConcurrency).toBe(2);
    expect(rules[1]?.sizing).not.toHaveProperty('fallback');
  });

  test('accepts a file that begins with a byte order mark', async () => {
    const replication = `\ufeff${JSON.stringify({ replication_configuration: [ruleEntry()] })}`;
    expect((await loadTexts({ replication })).rules).toHaveLength(1);
  });

  test('accepts prices of a private contract', async () => {
    const prices = { date: '2026-11-23', source: 'contract', transfer_gb: { 'us-west-2': { 'us-east-1': 0.01 } } };
    expect((await loadRules([], { ...SETTINGS, prices })).settings.prices).toEqual(prices);
  });

  test('reports problems in one rule and between both files together, in the order of the files', async () => {
    const rules = [
      ruleEntry(
        { region: 'us-wset-2', levle: 3, cpu: 2048, memory: 3000 },
        { bucket: 'Other_Bucket' },
        { region: 'us-west-1' },
      ),
      ruleEntry({ bucket: 'one-bucket', prefix_filter: 'logs/*' }),
    ];
    const problems = await problemsOf(loadRules(rules, { ...SETTINGS, stack_name: '9' }));
    expect(problems.map(({ file, path }) => `${file} ${path}`)).toEqual([
      'settings.json stack_name',
      'replication_config.json replication_configuration.0.source.region',
      'replication_config.json replication_configuration.0.source.levle',
      'replication_config.json replication_configuration.0.source.memory',
      'replication_config.json replication_configuration.0.destinations.0.bucket',
      'replication_config.json replication_configuration.0.destinations.1.region',
      'replication_config.json replication_configuration.1.source.prefix_filter',
      'replication_config.json replication_configuration.1.destinations.0.region',
    ]);
  });

  test('describes a problem with its position, the value, the allowed values and a suggestion', async () => {
    await expect(loadRules([ruleEntry({ region: 'us-wset-2' })])).rejects.toThrow(
      [
        'The configuration has 1 problem:',
        '  replication_config.json:5:19 replication_configuration.0.source.region: cannot have this value',
        '    it is: "us-wset-2"',
        '    allowed: an AWS region code, such as `eu-west-1`',
        '    did you mean "us-west-2"?',
      ].join('\n'),
    );
  });

  test('says where a file is not valid JSON, and continues with the other one', async () => {
    const replication = '{\n  "replication_configuration": [\n    { "source": oops }\n  ]\n}';
    const problems = await problemsOf(loadTexts({ replication, settings: '{"stack_name": "ab"}' }));
    expect(problems).toMatchObject([
      { file: 'settings.json', path: 'enabled_regions', message: 'is missing' },
      {
        file: 'replication_config.json',
        line: 3,
        column: 17,
        message: 'invalid JSON: expected a value, found oops',
      },
    ]);
  });

  test('names the files that are missing', async () => {
    await expect(loadConfiguration(fileURLToPath(new URL('nowhere', PROJECT)))).rejects.toThrow(
      /2 problems[\s\S]*settings\.json[\s\S]*ENOENT[\s\S]*replication_config\.json[\s\S]*ENOENT/,
    );
  });
});
