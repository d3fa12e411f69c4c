import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { marginalPrices, ruleCosts, STAGING_DAYS } from '../../src/adaptive/cost-model.ts';
import { updateEconomics } from '../support/economics.ts';
import { expectCurrent } from '../support/expect-current.ts';
import { examplePrices } from '../support/prices.ts';
import { exampleRule } from '../support/rules.ts';

const document = readFileSync(new URL('../../docs/economics.md', import.meta.url), 'utf8');
/** Its sentences, without line breaks. */
const prose = document.replaceAll(/\s+/g, ' ');

function row(title: string): number[] {
  const line = document.split('\n').find((text) => text.startsWith(`| ${title} |`)) ?? '';
  return line
    .split('|')
    .slice(2, 5)
    .map((cell) => Number(cell.replaceAll(',', '')));
}

const stack = (name: string): string => readFileSync(new URL(`../../src/stacks/${name}.yaml`, import.meta.url), 'utf8');

describe('docs/economics.md', () => {
  test('has the tables that the cost model computes', () => {
    expect(document.match(/<!-- (month|break-even|volume) -->/g)).toHaveLength(3);
    expectCurrent(document, updateEconomics(document), 'node test/support/write-economics.ts');
  });

  test('adds up, and starts from the published figure of plain replication', () => {
    const transfer = row('plain replication: transfer');
    const requests = row('plain replication: requests');
    expect(transfer).toEqual([10_240, 10_240, 10_240]);
    row('**plain replication**').forEach((sum, index) => {
      expect(Math.abs(sum - (transfer[index] ?? 0) - (requests[index] ?? 0))).toBeLessThanOrEqual(1);
    });
    const items = ['transfer', 'storage', 'compute', 'restoring', 'requests', 'encryption', 'statistics', 'logs'].map(
      (item) => row(`ours: ${item}`),
    );
    row('**ours**').forEach((sum, index) => {
      const added = items.reduce((total, cells) => total + (cells[index] ?? Number.NaN), 0);
      expect(Math.abs(sum - added)).toBeLessThanOrEqual(items.length);
    });
  });

  test('states the sum of transfer and CPU time', () => {
    const cost = ['transfer', 'compute', 'restoring'].map((item) => row(`ours: ${item}`)[2] ?? Number.NaN);
    const together = cost.reduce((sum, dollars) => sum + dollars, 0);
    expect(prose).toContain(`${together.toLocaleString('en-US')} USD for objects of 10 MB`);
  });

  test('states how many archive bytes cost as much as a CPU second', () => {
    const { archiveByte, cpuSecond } = marginalPrices(ruleCosts(exampleRule(), examplePrices()));
    expect(prose).toContain(`as much as ${(cpuSecond / archiveByte / 1e6).toFixed(1)} MB of archive`);
  });
});

describe('the days for which storage of archives is charged', () => {
  const days = (name: string, rule: string, key: string): number =>
    Number(new RegExp(`Id: ${rule}\\b[\\s\\S]*?${key}: (\\d+)`).exec(stack(name))?.[1]);

  test('are those of the lifecycle rules, plus half a day until S3 applies each', () => {
    const current = days('source', 'expire-replicated-archives', 'ExpirationInDays');
    const noncurrent = days('source', 'expire-replicated-archives', 'NoncurrentDays');
    expect(STAGING_DAYS.outbound).toBe(current + 0.5 + noncurrent + 0.5);
    expect(STAGING_DAYS.inbound).toBe(days('target', 'expire-restored-archives', 'NoncurrentDays') + 0.5);
    const { outbound, inbound } = STAGING_DAYS;
    expect(document).toMatch(`until they are removed: ${outbound} days outbound`);
    expect(document).toMatch(`${inbound} days in each target region`);
  });
});
