import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { alarmProperties } from '../../../src/templates/alarm.ts';
import { ALARMS } from '../../../src/templates/alarms.ts';
import { updateAlarms } from '../../../src/templates/write-alarms.ts';
import { expectCurrent } from '../../support/expect-current.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const rows = Object.entries(ALARMS).flatMap(([stack, alarms]) => alarms.map((row) => ({ stack, row })));

describe('the alarms of the stacks', () => {
  test.each(Object.entries(ALARMS))('of %s.yaml match the table', (stack, alarms) => {
    const text = read(`src/stacks/${stack}.yaml`);
    expectCurrent(text, updateAlarms(text, `${stack}.yaml`, alarms), 'npm run alarms:write');
  });

  test('exist nowhere else, except those that scale the fallback', () => {
    const outside = readdirSync(new URL('../../../src/stacks', import.meta.url)).flatMap((file) => {
      const text = read(`src/stacks/${file}`).replace(/^ {2}# >>> [\s\S]*?^ {2}# <<<$/m, '');
      return [...text.matchAll(/^ {2}(\w+):\n {4}Type: AWS::CloudWatch::Alarm$/gm)].map(([, id]) => `${file}: ${id}`);
    });
    expect(outside).toEqual(['fallback.yaml: BacklogAlarm', 'fallback.yaml: IdleAlarm', 'fallback.yaml: MaximumAlarm']);
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
        ({ stack, row }) =>
          `docs/operations.md has no section "${row.runbook}", which ${row.id} of ${stack}.yaml names: write it, or correct the row in src/templates/alarms.ts.`,
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
});
