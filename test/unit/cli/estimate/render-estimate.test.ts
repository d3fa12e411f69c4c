import { describe, expect, test } from '@jest/globals';
import { parseBilledVolume } from '../../../../src/cli/command/parse-amounts.ts';
import type { Estimate, GroupEstimate } from '../../../../src/cli/estimate/estimate.ts';
import { renderEstimate } from '../../../../src/cli/estimate/render-estimate.ts';
import { renderEstimatePage } from '../../../../src/cli/estimate/render-page.ts';
import { renderRules, targetBucket } from '../../../../src/cli/estimate/rule-entries.ts';

function group(prefix: string, bytes: number): GroupEstimate {
  return {
    prefix,
    objects: 1000,
    bytes,
    sampledBytes: 5e6,
    ratio: 3.456,
    ratioMargin: 0.05,
    month: { objects: 100, bytes: bytes / 10, plain: 12.5, ours: 4.25 },
    pays: true,
  };
}

const ESTIMATE: Estimate = {
  source: 's3://example-bucket/',
  bucket: 'example-bucket',
  region: 'eu-west-1',
  to: ['us-east-1'],
  groups: [group('logs/\u001b[31m<b>/', 2e12), group('photos/', 1e9)],
  total: group('', 2.001e12),
  fixed: { rule: 8.45, regions: 6.74 },
  verdict: { kind: 'use-some', prefixes: ['logs/'], net: 1234.5 },
  monthIs: 'last-30-days',
  reading: { listRequests: 12, readRequests: 300, bytes: 5e6, dollars: 0.0002 },
  prices: { date: '2026-11-23', source: 'prices.json' },
  remarks: ['A key that was overwritten counts once, by its last write: give --monthly if keys are overwritten.'],
};

describe('an estimate on a terminal', () => {
  test.each([60, 80, 120, undefined])('fits into %s columns', (columns) => {
    const lines = renderEstimate(ESTIMATE, columns).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns ?? 120);
    expect(lines.join(' ')).toContain('3.46 ±0.05');
  });

  test('shows keys as text, whatever they contain, and the verdict last', () => {
    const text = renderEstimate(ESTIMATE);
    expect(text).toContain('logs/\\u001b[31m<b>/');
    expect(text).not.toContain('\u001b');
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      'Use it for logs/, and leave the rest to S3. It saves $1,234.50 a month after fixed costs.',
    );
  });

  test('prints the volume of a month in the unit in which it was given', () => {
    const total = group('', 1e9);
    const month = { ...total.month, bytes: parseBilledVolume('50TB') };
    const given: Estimate = { ...ESTIMATE, monthIs: 'given', groups: [], total: { ...total, month } };
    expect(renderEstimate(given)).toContain('  50.0 TB  ');
    expect(renderEstimate(given)).toContain('1 GB is 2^30 bytes');
    expect(renderEstimatePage(given, new Date(0))).toContain('<b>50.0 TB</b><span>per month</span>');
  });

  test('says why the product does not pay', () => {
    const verdict = { kind: 'leave', prefixes: [], net: 0 } as const;
    expect(renderEstimate({ ...ESTIMATE, verdict })).toContain(
      'Leave it to S3: the savings, $8.25 a month, do not cover the fixed costs of $15.19.',
    );
  });
});

describe('an estimate as a page', () => {
  test('loads nothing from other hosts, and shows keys as text', () => {
    const page = renderEstimatePage(ESTIMATE, new Date('2026-11-29T12:00:00Z'));
    expect(page).not.toMatch(/https?:|<script|src=/);
    expect(page).toContain('&#60;b&#62;');
    expect(page).toContain('2026-11-29 12:00 UTC');
    expect(page).toContain('<td data-label="saves">$8.25</td>');
    expect(page).not.toContain('class="loss"');
  });

  test('shows a prefix that loses money as a loss, in its bar and its numbers', () => {
    const losing = { ...group('carts/', 1e9), month: { objects: 9, bytes: 1e9, plain: 4, ours: 5.5 }, pays: false };
    const page = renderEstimatePage({ ...ESTIMATE, groups: [losing] }, new Date(0));
    expect(page).toContain('class="fill over"');
    expect(page).toContain('<span class="loss">$4.00 → $5.50</span>');
    expect(page).toContain('<span class="loss">-$1.50</span>');
    expect(page).toContain('<span class="loss">does not pay</span>');
  });
});

describe('rules of an estimate', () => {
  test('are one for each prefix that pays', () => {
    expect(JSON.parse(renderRules(ESTIMATE) ?? '')).toEqual({
      $schema: './replication_config.schema.json',
      replication_configuration: [
        {
          source: { region: 'eu-west-1', bucket: 'example-bucket', prefix_filter: 'logs/' },
          destinations: [{ region: 'us-east-1', bucket: 'example-bucket-us-east-1' }],
        },
      ],
    });
    expect(renderRules({ ...ESTIMATE, verdict: { kind: 'leave', prefixes: [], net: 0 } })).toBeUndefined();
  });

  test('name buckets that S3 accepts', () => {
    expect(targetBucket('x'.repeat(63), 'ap-southeast-2')).toHaveLength(63);
    expect(targetBucket(`${'x'.repeat(47)}.-y`, 'ap-southeast-2')).toBe(`${'x'.repeat(47)}-ap-southeast-2`);
  });
});
