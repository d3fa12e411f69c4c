import { describe, expect, test } from '@jest/globals';
import {
  type Amounts,
  archiveDollars,
  marginalPrices,
  ruleCosts,
  STAGING_DAYS,
  sumLines,
} from '../../../src/adaptive/cost-model.ts';
import { examplePrices } from '../../support/prices.ts';
import { exampleRule } from '../../support/rules.ts';

const oneRegion = exampleRule();
const amounts: Amounts = { archives: 1, objects: 100, originalBytes: 2 ** 30, archiveBytes: 2 ** 28, cpuSeconds: 20 };

describe('ruleCosts', () => {
  test('charges transfer once per region for the archive, and once per destination for plain objects', () => {
    const rule = exampleRule({}, [{ bucket: 'first' }, { bucket: 'second' }, { region: 'ap-southeast-2' }]);
    const costs = ruleCosts(rule, examplePrices({ transfer_gb: { 'us-east-1': 0.02, 'ap-southeast-2': 0.05 } }));
    const transfer = (lines: typeof costs.ours): number =>
      sumLines(
        lines.filter(({ item }) => item === 'transfer'),
        amounts,
      );
    expect(transfer(costs.ours)).toBeCloseTo(0.25 * (0.02 + 0.05), 12);
    expect(transfer(costs.plain)).toBeCloseTo(0.02 + 0.02 + 0.05, 12);
  });

  test('charges each object one PUT per destination on both sides, and its event and GET only on ours', () => {
    const prices = examplePrices({ lambda_gb_second: Number.MIN_VALUE });
    const { ours, plain } = ruleCosts(oneRegion, prices);
    const anObject: Amounts = { archives: 0, objects: 1, originalBytes: 0, archiveBytes: 0, cpuSeconds: 0 };
    expect(sumLines(plain, anObject)).toBe(prices.s3_put_request);
    expect(sumLines(ours, anObject)).toBeCloseTo(
      prices.s3_put_request + prices.s3_get_request + 1.2 * prices.sqs_request,
      15,
    );
  });

  test('never treats a region without a price as free', () => {
    const prices = examplePrices({ transfer_gb: { 'eu-central-1': 0.02 } });
    expect(() => ruleCosts(oneRegion, prices)).toThrow(expect.objectContaining({ code: 'PRICE_MISSING' }));
  });
});

describe('archiveDollars', () => {
  test('adds up: the net benefit is plain replication minus all of our costs', () => {
    const costs = ruleCosts(oneRegion, examplePrices());
    const dollars = archiveDollars(costs, amounts);
    expect(dollars.ours).toBeCloseTo(sumLines(costs.ours, amounts), 15);
    expect(dollars.netBenefit).toBeCloseTo(dollars.plain - dollars.ours, 15);
    expect(dollars.transferSavings).toBeCloseTo(0.75 * 0.02, 12);
    expect(dollars.netBenefit).toBeLessThan(dollars.transferSavings);
  });

  test('reports an archive that grew as a loss', () => {
    const grown = archiveDollars(ruleCosts(oneRegion, examplePrices()), { ...amounts, archiveBytes: 1.1 * 2 ** 30 });
    expect(grown.transferSavings).toBeCloseTo(-0.1 * 0.02, 12);
    expect(grown.netBenefit).toBeLessThan(grown.transferSavings);
  });
});

describe('marginalPrices', () => {
  test('cover a vCPU-second, and everything that a byte of an archive costs on its way', () => {
    const prices = examplePrices();
    const { archiveByte, cpuSecond } = marginalPrices(ruleCosts(oneRegion, prices));
    expect(cpuSecond).toBeCloseTo(2.3e-5, 6);
    const staging = (prices.s3_storage_gb_month * (STAGING_DAYS.outbound + STAGING_DAYS.inbound)) / (365.25 / 12);
    const parts = (2 * prices.s3_put_request) / (8 * 1024 * 1024);
    expect(archiveByte).toBeCloseTo((0.02 + staging) / 2 ** 30 + parts, 15);
  });
});
