import { describe, expect, test } from '@jest/globals';
import { renderReport } from '../../../../../src/cli/demo/report/render-report.ts';
import { type DemoMeasurements, summarize } from '../../../../../src/cli/demo/result.ts';
import { findBrowser, measurePage } from '../../../../support/browser.ts';
import { MEASURED_RUN } from '../../../../support/demo-result.ts';

const LOSS = {
  terabyte: {
    bytes: 2 ** 40,
    lines: [
      { what: 'transfer', plain: 20.48, ours: 6 },
      { what: 'requests', plain: 80, ours: 100 },
    ],
    net: -5.52,
  },
  verdict: "S3's own replication is cheaper by 5.52 USD per TB.",
};

/** Every part of a report, with long names. */
const FULL: DemoMeasurements = {
  ...MEASURED_RUN,
  worth: LOSS,
  deadLetters: [{ queue: 'rule queue', code: 'OBJECT_ARCHIVED', reason: 'is in GLACIER', body: '' }],
  violations: [`us-east-1 ${'k'.repeat(300)} was written 2 times instead of 1`],
  levels: [
    { content: 'text', level: '6', reason: 'configured', archives: 1, frames: 2, bytes: 5e6, compressedBytes: 1e6 },
  ],
};

function reportOf(measured: DemoMeasurements): string {
  return renderReport(summarize(measured), new Date(0));
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('renderReport', () => {
  test('shows a loss as a loss, and prints dollars and the ratio of the run once', () => {
    const report = reportOf(FULL);
    expect(report).toContain(`<div class="verdict bad">${LOSS.verdict.replace("'", '&#39;')}</div>`);
    expect(report).toContain('<span class="loss">-5.52</span>');
    expect(report).not.toContain('$');
    expect(occurrences(report, '4.00 : 1')).toBe(1);
  });

  test('sums both sides of the bill, and a losing month decides how the outcome looks', () => {
    expect(reportOf(FULL)).toContain('<td data-label="S3 alone">100.48</td><td data-label="With this">106.00</td>');
    const terabyte = { ...LOSS.terabyte, net: 3 };
    const month = { bytes: 2 ** 39, lines: [{ what: 'fixed, for the rule', plain: 0, ours: 8 }], net: -8 };
    const report = reportOf({ ...FULL, worth: { terabyte, month, verdict: 'It costs more.' } });
    expect(report).toContain('<div class="verdict bad">It costs more.</div>');
    expect(report).toContain('<th>USD per month, 512 GB</th>');
  });

  test('shows a content type that grew as a loss', () => {
    const [archive] = MEASURED_RUN.archives;
    if (archive === undefined) throw new Error('The run has an archive');
    const types = new Map([['text/html', { objects: 1, bytes: 36, compressedBytes: 130 }]]);
    const report = reportOf({ ...FULL, archives: [{ ...archive, types }] });
    expect(report).toContain('<div class="fill over" style="width:100.0%">');
    expect(report).toContain('<span class="loss">130 B · 0.28 : 1</span>');
    expect(reportOf(FULL)).not.toContain('class="fill over"');
  });

  test('says how many of the damaged archives were refused', () => {
    const report = reportOf({ ...FULL, damagedArchives: 2, refusedArchives: 1 });
    expect(report).toContain('<b>1 of 2</b><span>damaged archives refused</span>');
  });

  test('shows a saving as a saving', () => {
    const worth = { ...LOSS, terabyte: { ...LOSS.terabyte, net: 3 }, verdict: 'This is cheaper.' };
    expect(reportOf({ ...FULL, worth })).toContain('<div class="verdict good">This is cheaper.</div>');
  });

  test('labels every cell with its column, which is all that a narrow page shows of the head', () => {
    const report = reportOf(FULL);
    expect(occurrences(report, '<td')).toBe(
      occurrences(report, '<td data-label="') + occurrences(report, '<td class="text"'),
    );
    expect(report).toContain('<td data-label="Compressed">1.3 MB</td>');
  });

  test('has every box of the wide picture in the narrow one', () => {
    const [wide = '', upright = ''] = reportOf(FULL).match(/<svg.*?<\/svg>/gs) ?? [];
    expect(occurrences(wide, 'class="title"')).toBeGreaterThan(6);
    expect(occurrences(upright, 'class="title"')).toBe(occurrences(wide, 'class="title"'));
  });
});

const browser = await findBrowser();

/** Only with a browser; the tests above cover the text without one. */
(browser === undefined ? describe.skip : describe)('the report in a browser', () => {
  test.each([320, 400, 800, 1280])(
    'is not cut off anywhere at %i pixels, and draws every box and bar',
    async (width) => {
      const { cut, boxes } = await measurePage(browser ?? '', reportOf(FULL), width);
      expect(cut).toEqual([]);
      const steps = 4 + 3 * FULL.rule.destinations.length;
      expect(boxes).toBe(steps + 1);
    },
    60_000,
  );
});
