import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CONFIGURATION } from '../../../../src/cli/command/deployment-files.ts';
import { DemoInputError } from '../../../../src/cli/demo/errors.ts';
import { parseDemoOptions, STANDARD_OUTPUT } from '../../../../src/cli/demo/options.ts';

const ignore = (): void => undefined;

describe('parseDemoOptions', () => {
  test('has a default for everything', () => {
    expect(parseDemoOptions([], ignore)).toEqual({
      fanOut: false,
      faults: 0,
      configuration: CONFIGURATION,
      report: resolve('build/demo-report.html'),
    });
  });

  test('reads every option', () => {
    const args = [
      '--source docs --fan-out --level -5 --compare-levels 9,-1,9 --fallback-over 2GiB --faults .05',
      '--json a.json --archives kept --report r.html',
    ].flatMap((part) => part.split(' '));
    expect(parseDemoOptions(args, ignore)).toEqual({
      source: resolve('docs'),
      fanOut: true,
      level: -5,
      compareLevels: [-1, 9],
      fallbackOverMebibytes: 2048,
      faults: 0.05,
      configuration: CONFIGURATION,
      json: resolve('a.json'),
      archives: resolve('kept'),
      report: resolve('r.html'),
    });
  });

  test('accepts only a few options for a bucket that was filled before the rule', () => {
    expect(parseDemoOptions(['--existing'], ignore)).toMatchObject({ existing: 2000 });
    const args = ['--existing', '--objects', '300', '--fan-out', '--faults', '0.1', '--json', 'a.json'];
    expect(parseDemoOptions(args, ignore)).toMatchObject({ existing: 300, fanOut: true, faults: 0.1 });
  });

  test.each([
    [['--objects', '300'], '--objects'],
    [['--existing', '--objects', '199'], '--objects'],
    [['--existing', '--source', 'docs'], '--source'],
    [['--existing', '--report', 'r.html'], '--report'],
    [['--existing', '--level', '3'], '--level'],
    [['--faults', '0.51'], '--faults'],
    [['--faults', '-0.1'], '--faults'],
    [['--faults', 'many'], '--faults'],
    [['--faults', '1e-1x'], '--faults'],
    [['--fallback-over', '64'], '--fallback-over'],
    [['--fallback-over', '64MB'], '--fallback-over'],
    [['--fallback-over', '0MiB'], '--fallback-over'],
    [['--fallback-over', '79GiB'], '--fallback-over'],
    [['--level', '23'], '--level'],
    [['--level', '-8'], '--level'],
    [['--level', '3.5'], '--level'],
    [['--level', ''], '--level'],
    [['--level'], '--level'],
    [['--compare-levels', '1,23'], '--compare-levels'],
    [['--compare-levels', '1,,3'], '--compare-levels'],
    [['--sauce', 'docs'], '--sauce'],
    [['docs'], 'arguments'],
    [['--source', ''], '--source'],
    [['--source', 's3:/bucket'], '--source'],
    [['--source', 's3://b', '--sample', '2 liters'], '--sample'],
    [['--sample', '2GB'], '--sample'],
    [['--source', 'docs', '--region', 'eu-west-1'], '--region'],
    [['--json='], '--json'],
    [['--report='], '--report'],
    [['--archives', ''], '--archives'],
  ])('refuses %j in one line that names the wrong option', (args, culprit) => {
    const parse = (): unknown => parseDemoOptions(args, ignore);
    expect(parse).toThrow(DemoInputError);
    expect(parse).toThrow(new RegExp(`^[^\n]*${culprit}[^\n]*$`));
  });

  test('accepts a bucket as the source, and how much of it to use', () => {
    const args = [
      '--source',
      's3://bucket/logs/2026',
      '--sample',
      '2GB',
      '--region',
      'eu-west-1',
      '--profile',
      'reader',
    ];
    expect(parseDemoOptions(args, ignore)).toMatchObject({
      bucket: { bucket: 'bucket', prefix: 'logs/2026', sampleBytes: 2e9, region: 'eu-west-1', profile: 'reader' },
    });
    expect(parseDemoOptions(['--source', 's3://bucket'], ignore)?.bucket).toEqual({
      bucket: 'bucket',
      prefix: '',
      sampleBytes: 256e6,
    });
  });

  test('prints the numbers if no file is named', () => {
    expect(parseDemoOptions(['--json'], ignore)?.json).toBe(STANDARD_OUTPUT);
  });

  test('compares with the usual levels by default', () => {
    expect(parseDemoOptions(['--compare-levels'], ignore)?.compareLevels).toEqual([1, 3, 6, 9, 12]);
  });

  test('prints help and returns no options', () => {
    let printed = '';
    const options = parseDemoOptions(['--help'], (text) => {
      printed += text;
    });
    expect(options).toBeUndefined();
    for (const flag of [
      '--source',
      '--fan-out',
      '--level',
      '--fallback-over',
      '--faults',
      '--json',
      '--archives',
      '--report',
    ]) {
      expect(printed).toContain(flag);
    }
  });
});
