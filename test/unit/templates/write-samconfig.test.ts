import { describe, expect, test } from '@jest/globals';
import type { Configuration } from '../../../src/configuration/read-configuration.ts';
import { settingsSchema } from '../../../src/configuration/schema/schema.ts';
import { SamConfigConflictError } from '../../../src/templates/errors.ts';
import { writeSamConfig } from '../../../src/templates/write-samconfig.ts';

function configuration(...regions: readonly string[]): Configuration {
  const enabled = regions.map((region) => ({ region, source_target: ['source'] }));
  const settings = settingsSchema.parse({
    stack_name: 'compressor',
    enabled_regions: enabled,
    tags: { 'cost center': 'a b' },
  });
  return { settings, rules: [] };
}

describe('writeSamConfig', () => {
  test('writes tables for each region and for guided deployments, the same each time', () => {
    const text = writeSamConfig(configuration('eu-west-1', 'us-east-1'));
    expect(text.match(/^\[.*\]$/gm)).toEqual([
      '[default.global.parameters]',
      '[default.deploy.parameters]',
      '[eu-west-1.global.parameters]',
      '[eu-west-1.deploy.parameters]',
      '[us-east-1.global.parameters]',
      '[us-east-1.deploy.parameters]',
      '[default.build.parameters]',
    ]);
    expect(text).toContain('region = "us-east-1"');
    expect(writeSamConfig(configuration('eu-west-1', 'us-east-1'), text)).toBe(text);
  });

  test('quotes tags for the SAM CLI and then for TOML', () => {
    expect(writeSamConfig(configuration('eu-west-1'))).toContain(String.raw`tags = ["\"cost center\"=\"a b\""]`);
  });

  test('keeps what the user wrote outside our lines, and replaces what is inside', () => {
    const before = '# mine\nversion = 0.1\n\n[staging.deploy.parameters]\nregion = "eu-west-2" # my region\n';
    const first = writeSamConfig(configuration('eu-west-1'), before);
    const second = writeSamConfig(configuration('us-east-1'), `${first}\n# a last word\n`);
    expect(second.startsWith(before)).toBe(true);
    expect(second.endsWith('\n# a last word\n')).toBe(true);
    expect(second).not.toContain('eu-west-1');
  });

  test('keeps the image repository that the user set for a region', () => {
    const uri = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/compressor';
    const text = writeSamConfig(configuration('eu-west-1', 'us-east-1'));
    const table = '[eu-west-1.deploy.parameters]\n';
    const again = writeSamConfig(
      configuration('us-east-1', 'eu-west-1'),
      text.replace(table, `${table}image_repository = "${uri}"\n`),
    );
    expect(again.split(uri)).toHaveLength(2);
    expect(again.indexOf(uri)).toBeGreaterThan(again.indexOf(table));
  });

  test('keeps whatever `sam deploy --guided` and people write into our tables', () => {
    const text = writeSamConfig(configuration('eu-west-1'));
    const deploy = '[eu-west-1.deploy.parameters]\n';
    const global = '[default.global.parameters]\n';
    const changed = text
      .replace('confirm_changeset = false', 'confirm_changeset = true # look first')
      .replace(global, `${global}region = "eu-west-1"\n`)
      .replace(
        deploy,
        `${deploy}region = "eu-west-1"\ndisable_rollback = true\nimage_repositories = [\n  "A=x[1]", # ]\n  "B=y",\n]\n`,
      );
    expect(writeSamConfig(configuration('eu-west-1'), changed)).toBe(changed);
  });

  test('keeps tables of other commands, and removes those of a region that is gone', () => {
    const text = writeSamConfig(configuration('eu-west-1', 'us-east-1'));
    const other = '[eu-west-1.logs.parameters]\ntail = true\n';
    const changed = text.replace('[eu-west-1.global.parameters]', `${other}\n[eu-west-1.global.parameters]`);
    const again = writeSamConfig(configuration('eu-west-1'), changed);
    expect(again).toContain(other);
    expect(again).not.toContain('us-east-1');
  });

  test('restores the values of the configuration in their lines', () => {
    const text = writeSamConfig(configuration('eu-west-1'));
    const changed = text
      .replaceAll('stack_name = "compressor"', 'stack_name = "another"')
      .replaceAll('Stage=\\"all\\"', 'Stage=targets')
      .replace('[eu-west-1.deploy.parameters]\n', '[eu-west-1.deploy.parameters]\nregion = "us-east-1"\n');
    const again = writeSamConfig(configuration('eu-west-1'), changed);
    expect(again).toBe(
      text.replace('[eu-west-1.deploy.parameters]\n', '[eu-west-1.deploy.parameters]\nregion = "eu-west-1"\n'),
    );
  });

  test('writes the given repositories', () => {
    const uri = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/compressor';
    const text = writeSamConfig(configuration('eu-west-1', 'us-east-1'));
    const saved = writeSamConfig(configuration('eu-west-1', 'us-east-1'), text, new Map([['eu-west-1', uri]]));
    expect(saved.match(/image_repository = .*/g)).toEqual([`image_repository = "${uri}"`]);
    const [, table = ''] = saved.split('[eu-west-1.deploy.parameters]');
    expect(table.slice(0, table.indexOf('[us-east-1'))).toContain(uri);
    expect(writeSamConfig(configuration('eu-west-1', 'us-east-1'), saved)).toBe(saved);
  });

  test('takes over a file of an earlier version', () => {
    const text = writeSamConfig(configuration('eu-west-1'));
    const old = text.replace(
      /^# >>> .*$/m,
      '# >>> Written by `npm run configure`: up to the closing line everything but image_repository is rewritten.',
    );
    expect(writeSamConfig(configuration('eu-west-1'), old)).toBe(text);
  });

  test('rejects a file with one of our tables outside our lines', () => {
    const existing = 'version = 0.1\n[eu-west-1.deploy.parameters]\nregion = "eu-west-1"\n';
    expect(() => writeSamConfig(configuration('eu-west-1'), existing)).toThrow(SamConfigConflictError);
  });
});
