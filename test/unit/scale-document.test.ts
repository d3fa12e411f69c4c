import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { readResult } from '../benchmark/results-document.ts';
import { LIMITS, LOADS, MEASURED, needOf, replaceScaleTable, scaleTable } from '../support/scale.ts';

const text = await readFile(new URL('../../docs/scale.md', import.meta.url), 'utf8');

test('docs/scale.md has the table of its arithmetic (node test/support/write-scale.ts)', () => {
  expect(text).toContain(scaleTable());
  expect(replaceScaleTable(text)).toBe(text);
});

test('what it reckons with is not better than what docs/performance.md has as measured', async () => {
  const performance = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const figure = (row: string, pattern: RegExp): number =>
    Number(pattern.exec(readResult(performance, row))?.[1]?.replace(',', ''));
  const perSecond = /([\d,]+)\/s \|/;
  const cpu = /([\d.]+) CPU s\/GB/;
  expect(figure('throughput-source', perSecond)).toBeGreaterThanOrEqual(MEASURED.packed);
  expect(figure('throughput-target', perSecond)).toBeGreaterThanOrEqual(MEASURED.restored);
  expect(figure('memory-archive-source', cpu)).toBeLessThanOrEqual(MEASURED.packingCpu - 1);
  expect(figure('memory-archive-target', cpu)).toBeLessThanOrEqual(MEASURED.restoringCpu - 1);
});

test('no load needs more functions than one event source mapping per rule, or per target region, may have', () => {
  for (const load of LOADS) {
    const { rules, sourceFunctions, targetFunctions } = needOf(load);
    expect(sourceFunctions / rules).toBeLessThanOrEqual(LIMITS.concurrency);
    expect(targetFunctions).toBeLessThanOrEqual(LIMITS.concurrency);
  }
});
