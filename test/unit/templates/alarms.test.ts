import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { alarmProperties, billedMetrics } from '../../../src/templates/alarm.ts';
import { ALARMS, ROUTE_ALARMS, VERIFY_ALARMS } from '../../../src/templates/alarms.ts';
import { archiveRegions } from '../../../src/templates/plan-regions.ts';
import { updateAlarms } from '../../../src/templates/write-alarms.ts';
import { ref } from '../../../src/templates/yaml.ts';
import { expectCurrent } from '../../support/expect-current.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const { rules } = await loadConfiguration(fileURLToPath(new URL('../../../configuration', import.meta.url)));
const rootRows = rules.flatMap((rule) => [
  ...VERIFY_ALARMS.map((row) => row('stack', rule)),
  ...archiveRegions(rule).flatMap((region) => ROUTE_ALARMS.map((row) => row('stack', rule, region))),
]);
const rows = [
  ...Object.entries(ALARMS).flatMap(([stack, alarms]) => alarms.map((row) => ({ file: `${stack}.yaml`, row }))),
  ...rootRows.map((row) => ({ file: 'template.yaml', row })),
];

describe('the alarms of the stacks', () => {
  test.each(Object.entries(ALARMS))('of %s.yaml match the table', (stack, alarms) => {
    const text = read(`src/stacks/${stack}.yaml`);
    expectCurrent(text, updateAlarms(text, `${stack}.yaml`, alarms), 'npm run alarms:write');
  });

  test('exist nowhere else', () => {
    const outside = readdirSync(new URL('../../../src/stacks', import.meta.url)).flatMap((file) => {
      const text = read(`src/stacks/${file}`).replace(/^ {2}# >>> [\s\S]*?^ {2}# <<<$/m, '');
      return [...text.matchAll(/^ {2}(\w+):\n {4}Type: AWS::CloudWatch::Alarm$/gm)].map(([, id]) => `${file}: ${id}`);
    });
    expect(outside).toEqual([]);
    const folder = new URL('../../../src/templates', import.meta.url);
    const writers = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && read(`src/templates/${file}`).includes("Type: 'AWS::CloudWatch::Alarm'"),
    );
    // Both take rows of the table.
    expect(writers.toSorted()).toEqual(['sam-calls.ts', 'write-alarms.ts']);
  });

  test('name runbooks that exist in docs/operations.md', () => {
    const headings = [...read('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    const missing = rows.filter(({ row }) => !headings.includes(row.runbook));
    expect(
      missing.map(
        ({ file, row }) =>
          `docs/operations.md has no section "${row.runbook}", which ${row.id} of ${file} names: write it, or correct the row in src/templates/alarms.ts.`,
      ),
    ).toEqual([]);
  });

  test('cannot be written to a stack without the two markers', () => {
    expect(() => updateAlarms('Resources:\n', 'new.yaml', [])).toThrow(/new\.yaml has alarms .* no place for them/);
  });

  test('fire above their threshold by default', () => {
    const [row] = ALARMS.rule;
    if (row === undefined) throw new Error('rule.yaml has no alarm');
    const comparison = (sounds: 'below' | 'at-most') => alarmProperties({ ...row, sounds })['ComparisonOperator'];
    expect(alarmProperties(row)['ComparisonOperator']).toBe('GreaterThanThreshold');
    expect(comparison('below')).toBe('LessThanThreshold');
    expect(comparison('at-most')).toBe('LessThanOrEqualToThreshold');
  });

  test('are billed for each metric that they watch', () => {
    const scaling = ALARMS.fallback.filter(({ metric }) => 'expression' in metric);
    expect(scaling.map((row) => [row.id, billedMetrics(row)])).toEqual([
      ['BacklogAlarm', 2],
      ['IdleAlarm', 3],
      ['MaximumAlarm', 2],
    ]);
    for (const row of scaling) {
      const metrics = alarmProperties(row)['Metrics'] as readonly object[];
      expect(metrics.filter((metric) => 'MetricStat' in metric)).toHaveLength(billedMetrics(row));
    }
  });

  test('that start a scaling policy notify no one', () => {
    const scaling = ALARMS.fallback.filter(({ scales }) => scales !== undefined).map((row) => alarmProperties(row));
    expect(scaling.map((properties) => [properties['AlarmActions'], properties['OKActions']])).toEqual([
      [[ref('FollowBacklog')], undefined],
      [[ref('StopAll')], undefined],
    ]);
  });
});
