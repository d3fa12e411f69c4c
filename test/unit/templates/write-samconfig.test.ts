import { describe, expect, test } from '@jest/globals';
import type { Configuration } from '../../../src/configuration/load.ts';
import { settingsSchema } from '../../../src/configuration/schema.ts';
import { SamConfigConflictError } from '../../../src/templates/errors.ts';
import { writeSamConfig } from '../../../src/templates/write-samconfig.ts';

function configuration(...regions: readonly string[]): Configuration {
  const enabled = regions.map((region) => ({ region, source_target: ['source'] }));
  const settings = settingsSchema.parse({
    stack_name: 'compressor',
    enabled_regions: enabled,
    tags: { team: 'a "b"' },
  });
  return { settings, rules: [] };
}

describe('writeSamConfig', () => {
  test('writes tables for each region and for guided deployments, the same each time', () => {
    const text = writeSamConfig(configuration('eu-west-1', 'us-east-1'));
    expect(text.match(/^\[.*\]$/gm)).toEqual([
      '[default.build.parameters]',
      '[default.global.parameters]',
      '[default.deploy.parameters]',
      '[eu-west-1.global.parameters]',
      '[eu-west-1.deploy.parameters]',
      '[us-east-1.global.parameters]',
      '[us-east-1.deploy.parameters]',
    ]);
    expect(text).toContain('region = "us-east-1"');
    expect(writeSamConfig(configuration('eu-west-1', 'us-east-1'), text)).toBe(text);
  });

  test('quotes tags for the SAM CLI and then for TOML', () => {
    expect(writeSamConfig(configuration('eu-west-1'))).toContain(String.raw`tags = ["\"team\"=\"a \\\"b\\\"\""]`);
  });

  test('keeps what the user has written outside our lines, and replaces what is inside', () => {
    const before = '# mine\nversion = 0.1\n\n[staging.deploy.parameters]\nregion = "eu-west-2" # my region\n';
    const first = writeSamConfig(configuration('eu-west-1'), before);
    const second = writeSamConfig(configuration('us-east-1'), `${first}\n# a last word\n`);
    expect(second.startsWith(before)).toBe(true);
    expect(second.endsWith('\n# a last word\n')).toBe(true);
    expect(second).not.toContain('eu-west-1');
  });

  test('keeps the image repository that somebody has set for a region', () => {
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

  test('refuses a table of ours that stands outside our lines', () => {
    const existing = 'version = 0.1\n[eu-west-1.deploy.parameters]\nregion = "eu-west-1"\n';
    expect(() => writeSamConfig(configuration('eu-west-1'), existing)).toThrow(SamConfigConflictError);
  });
});
