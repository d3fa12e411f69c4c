import { describe, expect, test } from '@jest/globals';
import { renderReport } from '../../../../src/cli/demo/report/render-report.ts';
import { isFlawless, numbersOf, summarize } from '../../../../src/cli/demo/result.ts';
import { renderResultTable } from '../../../../src/cli/demo/result-table.ts';
import { verdictOf } from '../../../../src/cli/demo/verdict.ts';
import { MEASURED_RUN } from '../../../support/demo-result.ts';

describe('the result of a run', () => {
  test('compares the archives with everything that plain replication would have sent', () => {
    const result = summarize(MEASURED_RUN);
    expect(result.ratio).toBe(4);
    expect(result.transfer.without).toBeCloseTo(0.0001 * MEASURED_RUN.rule.destinations.length);
    expect(result.transfer.with).toBeCloseTo(0.000025 * MEASURED_RUN.rule.destinations.length);
  });

  test('has the numbers that scripts rely on', () => {
    expect(numbersOf(summarize(MEASURED_RUN))).toMatchObject({
      objects: 10,
      bytes: 4_000_000,
      archives: 1,
      compressedBytes: 1_250_000,
      ratio: 4,
      seconds: 1.235,
      identical: 10,
      lost: 0,
      altered: 0,
      deadLettered: 0,
    });
  });

  test('is not flawless with a dead letter, even if every object arrived', () => {
    const letter = { queue: 'rule queue', code: 'OBJECT_ARCHIVED', reason: 'is in GLACIER', body: '' };
    const result = summarize({ ...MEASURED_RUN, deadLetters: [letter] });
    expect(isFlawless(summarize(MEASURED_RUN))).toBe(true);
    expect(isFlawless(result)).toBe(false);
    expect(verdictOf(result)).toBe('10 objects identical, 0 lost, 0 altered, 1 dead letter');
    expect(renderResultTable(result)).toContain('rule queue OBJECT_ARCHIVED: is in GLACIER');
  });

  test('is not flawless with a violation, and names it in table and report', () => {
    const violation = 'us-east-1 "a.txt" was written 2 times instead of 1';
    const result = summarize({ ...MEASURED_RUN, violations: [violation] });
    expect(isFlawless(result)).toBe(false);
    expect(verdictOf(result)).toBe('10 objects identical, 0 lost, 0 altered, 1 violation');
    expect(renderResultTable(result)).toContain(violation);
    expect(renderReport(result, new Date(0))).toContain('was written 2 times instead of 1');
  });

  test('counts objects that were packed again', () => {
    expect(summarize(MEASURED_RUN).packedAgain).toBe(1);
    expect(numbersOf(summarize(MEASURED_RUN))).toMatchObject({ packedAgain: 1, violations: [], damagedArchives: 1 });
  });

  test('counts deletions in numbers, table and report, and omits them if there were none', () => {
    const result = summarize(MEASURED_RUN);
    expect(numbersOf(result)).toMatchObject({ deletions: MEASURED_RUN.deletions });
    const table = renderResultTable(result);
    const rows = table.split('\n').map((line) => line.replace(/[│ ]+/g, ' ').trim());
    expect(rows).toEqual(
      expect.arrayContaining([
        'Deleted at the source after they arrived 3',
        'Deleted before their archive arrived 2',
        'Deleted and undeleted 1',
        'Deleted and rewritten 4',
        'Archives that carried deletions 5',
      ]),
    );
    expect(renderReport(result, new Date(0))).toContain('deleted and undeleted');
    const nothing = { deleted: 0, overtaken: 0, undeleted: 0, rewritten: 0, archives: 0, archiveBytes: 0 };
    expect(renderResultTable(summarize({ ...MEASURED_RUN, deletions: nothing }))).not.toContain('undeleted ');
  });

  test('names lost objects in table and report, with their keys escaped', () => {
    const key = 'evil\u001b[2J\n<script>alert(1)</script>';
    const finding = { region: 'us-east-1', key, differences: ['is missing'] };
    const result = summarize({
      ...MEASURED_RUN,
      verification: { identical: 9, lost: 1, altered: 0, findings: [finding] },
    });
    const table = renderResultTable(result);
    expect(table).toContain('is missing');
    expect(table).not.toContain('\u001b[2J');
    const report = renderReport(result, new Date(0));
    expect(report).toContain('is missing');
    expect(report).not.toContain('<script>');
  });

  test('writes a report that loads nothing from elsewhere', () => {
    const report = renderReport(summarize(MEASURED_RUN), new Date(0));
    expect(report).not.toMatch(/(?:src|href)=|@import|url\((?!#)|https?:/);
    expect(report).toContain('4.00 : 1');
  });

  test('compares the chosen levels with each single level, in table, report and numbers', () => {
    const comparison = [
      { level: 'chosen', compressedBytes: 1_000_000, cpuSeconds: 1, dollars: 0.00005 },
      { level: '12', compressedBytes: 900_000, cpuSeconds: 3, dollars: 0.000055 },
    ];
    const result = summarize({ ...MEASURED_RUN, comparison });
    const table = renderResultTable(result).split('\n');
    expect(table.find((line) => line.startsWith('│ chosen'))).toContain('$11.00');
    expect(table.find((line) => line.startsWith('│ 12'))).toMatch(/900 KB .* 3\.0 s .* \$12\.09 .* \+10\.0%/);
    expect(renderReport(result, new Date(0))).toContain('>+10.0%</td>');
    expect(numbersOf(result)).toMatchObject({ comparison });
    expect(renderReport(summarize(MEASURED_RUN), new Date(0))).not.toContain('One level for all');
    const empty = summarize({ ...MEASURED_RUN, archives: [], comparison });
    expect(renderResultTable(empty)).not.toMatch(/NaN|Infinity/);
    expect(renderReport(empty, new Date(0))).not.toMatch(/NaN|Infinity/);
  });

  test('handles a run of one empty file, which has no meaningful ratio', () => {
    const result = summarize({ ...MEASURED_RUN, bytes: 0, uploadedBytes: 0, archives: [] });
    expect(result.ratio).toBeNull();
    expect(renderReport(result, new Date(0))).not.toContain('NaN');
    expect(renderResultTable(result)).not.toContain('NaN');
  });
});
