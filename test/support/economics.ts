import {
  breakEvenObjectSize,
  breakEvenVolume,
  countArchives,
  TYPICAL_LIMITS,
  TYPICAL_PROFILE,
} from '../../src/adaptive/break-even.ts';
import { type Amounts, BILLED_GIGABYTE, type CostItem, ruleCosts, sumLines } from '../../src/adaptive/cost-model.ts';
import { largeObjectRequests } from '../../src/packing/large-object-requests.ts';
import { dollarsOfRule } from '../../src/templates/fixed-costs.ts';
import { examplePrices } from './prices.ts';
import { exampleRule } from './rules.ts';

/** 500 TB as the public implementation counts it: 512,000 GB. */
const MONTH_BYTES = 512_000 * BILLED_GIGABYTE;
const OBJECT_SIZES = [100e3, 1e6, 10e6];
const TRANSFER_PRICES = [0.01, 0.02, 0.09, 0.147];
const ITEMS: readonly CostItem[] = [
  'transfer',
  'storage',
  'compute',
  'restoring',
  'requests',
  'encryption',
  'statistics',
  'logs',
];
const PUBLIC_DOLLARS = 4323;

const dollars = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** The tables of docs/economics.md, by their names in the markers. */
export function renderEconomics(): ReadonlyMap<string, string> {
  return new Map([
    ['month', renderMonth()],
    ['break-even', renderBreakEven()],
    ['volume', renderVolume()],
  ]);
}

/** The document with the tables of the current cost model. A table is between `<!-- NAME -->` and `<!-- end -->`. */
export function updateEconomics(document: string): string {
  const tables = renderEconomics();
  return document.replace(
    /(<!-- (month|break-even|volume) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n${tables.get(name) ?? ''}\n${end}`,
  );
}

function monthAmounts(objectBytes: number): Amounts {
  const objects = MONTH_BYTES / objectBytes;
  const archives = countArchives({ objects, bytes: MONTH_BYTES }, TYPICAL_LIMITS);
  const large = largeObjectRequests([objectBytes]);
  return {
    archives,
    objects,
    originalBytes: MONTH_BYTES,
    archiveBytes: MONTH_BYTES * TYPICAL_PROFILE.ratio,
    cpuSeconds: MONTH_BYTES * TYPICAL_PROFILE.cpuSecondsPerByte,
    multipartArchives: archives,
    largeReads: large.largeReads * objects,
    largeWrites: large.largeWrites * objects,
    looks: large.looks * objects,
  };
}

function renderMonth(): string {
  const { ours, plain } = ruleCosts(exampleRule(), examplePrices());
  const cells = (title: string, cost: (amounts: Amounts) => number): string =>
    `| ${title} | ${OBJECT_SIZES.map((size) => dollars.format(cost(monthAmounts(size)))).join(' | ')} |`;
  const item = (lines: typeof ours, name: CostItem) => (amounts: Amounts) =>
    sumLines(
      lines.filter((line) => line.item === name),
      amounts,
    );
  const sum = (lines: typeof ours) => (amounts: Amounts) => sumLines(lines, amounts);
  return [
    '| USD a month, mean object of | 100 KB | 1 MB | 10 MB |',
    '|---|---|---|---|',
    cells('plain replication: transfer', item(plain, 'transfer')),
    cells('plain replication: requests', item(plain, 'requests')),
    cells('**plain replication**', sum(plain)),
    ...ITEMS.map((name) => cells(`ours: ${name}`, item(ours, name))),
    cells('**ours**', sum(ours)),
    cells('saved', (amounts) => sumLines(plain, amounts) - sumLines(ours, amounts)),
    `| public implementation, as published | ${OBJECT_SIZES.map(() => dollars.format(PUBLIC_DOLLARS)).join(' | ')} |`,
    '',
  ].join('\n');
}

function renderBreakEven(): string {
  const rows = TRANSFER_PRICES.map((price) => {
    const costs = ruleCosts(exampleRule(), examplePrices({ transfer_gb: { 'us-east-1': price } }));
    const sizes = [{ ratio: 0.25 }, {}, { overwritten: 1 }, { ratio: 0.6 }].map((each) => {
      const size = breakEvenObjectSize(costs, { ...TYPICAL_PROFILE, ...each }, TYPICAL_LIMITS);
      return Number.isFinite(size) ? `${dollars.format(size / 1000)} KB` : 'never';
    });
    return `| ${price} | ${sizes.join(' | ')} |`;
  });
  return [
    '| transfer, USD per GB | at 4x | at 3x | at 3x, every key overwritten | at 1.7x |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** GB per month that pay for the fixed cost of a rule with one target region. */
function renderVolume(): string {
  const fixed = dollarsOfRule(1);
  const rows = TRANSFER_PRICES.map((price) => {
    const costs = ruleCosts(exampleRule(), examplePrices({ transfer_gb: { 'us-east-1': price } }));
    const volumes = OBJECT_SIZES.map((objectBytes) => {
      const volume = breakEvenVolume(costs, TYPICAL_PROFILE, TYPICAL_LIMITS, { objectBytes, fixed });
      return Number.isFinite(volume) ? dollars.format(Number(volume.toPrecision(2))) : 'never';
    });
    return `| ${price} | ${volumes.join(' | ')} |`;
  });
  return [
    `| transfer, USD per GB | GB per month of 100 KB objects | of 1 MB | of 10 MB |`,
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
