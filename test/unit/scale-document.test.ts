import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { LIMITS, LOADS, MEASURED, needOf, replaceScaleTable, scaleTable } from '../support/scale.ts';

const text = await readFile(new URL('../../docs/scale.md', import.meta.url), 'utf8');

test('docs/scale.md has the table of its arithmetic (node test/support/write-scale.ts)', () => {
  expect(text).toContain(scaleTable());
  expect(replaceScaleTable(text)).toBe(text);
});

test('its measured figures are those of docs/performance.md', async () => {
  const performance = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const figure = (value: number): string => new Intl.NumberFormat('en-US').format(value);
  expect(performance).toContain(`| ${figure(MEASURED.packed)} / ${figure(MEASURED.restored)} |`);
  expect(performance).toContain(
    `${(MEASURED.packingCpu - 1).toFixed(1)} / ${(MEASURED.restoringCpu - 1).toFixed(1)} s/GB`,
  );
});

test('no load needs more functions than one event source mapping per rule, or per target region, may have', () => {
  for (const load of LOADS) {
    const { rules, sourceFunctions, targetFunctions } = needOf(load);
    expect(sourceFunctions / rules).toBeLessThanOrEqual(LIMITS.concurrency);
    expect(targetFunctions).toBeLessThanOrEqual(LIMITS.concurrency);
  }
});
