import {
  type Amounts,
  BILLED_GIGABYTE,
  breakEvenObjectSize,
  type CostItem,
  ruleCosts,
  sumLines,
} from '../../src/adaptive/cost-model.ts';
import { LARGE_OBJECT } from '../../src/archive/format.ts';
import { countLargeFrames } from '../../src/archive/plan-frames.ts';
import { examplePrices } from './prices.ts';
import { exampleRule } from './rules.ts';

/** 500 TB as the public implementation counts them: 512,000 GB. */
const MONTH_BYTES = 512_000 * BILLED_GIGABYTE;
const RATIO = 1 / 3;
const ARCHIVE_BYTES = 64e6;
/** Level 9: 45 MB/s of one core (docs/decisions/0003-packing-speed.md). */
const CPU_SECONDS_A_BYTE = 1 / 45e6;
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

/** The tables of docs/economics.md, by the names in their markers. */
export function renderEconomics(): ReadonlyMap<string, string> {
  return new Map([
    ['month', renderMonth()],
    ['break-even', renderBreakEven()],
  ]);
}

/** The document with its tables as the cost model has them now. A table stands between `<!-- NAME -->` and `<!-- end -->`. */
export function updateEconomics(document: string): string {
  const tables = renderEconomics();
  return document.replace(
    /(<!-- (month|break-even) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n${tables.get(name) ?? ''}\n${end}`,
  );
}

function monthAmounts(objectBytes: number): Amounts {
  return {
    archives: MONTH_BYTES / ARCHIVE_BYTES,
    objects: MONTH_BYTES / objectBytes,
    originalBytes: MONTH_BYTES,
    archiveBytes: MONTH_BYTES * RATIO,
    cpuSeconds: MONTH_BYTES * CPU_SECONDS_A_BYTE,
    multipartArchives: MONTH_BYTES / ARCHIVE_BYTES,
    largeWrites: objectBytes > LARGE_OBJECT ? (MONTH_BYTES / objectBytes) * (countLargeFrames(objectBytes) + 1) : 0,
    looks: objectBytes > LARGE_OBJECT ? MONTH_BYTES / objectBytes : 0,
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
  const experience = { cpuSecondsAByte: CPU_SECONDS_A_BYTE, bytesAnArchive: ARCHIVE_BYTES };
  const rows = TRANSFER_PRICES.map((price) => {
    const costs = ruleCosts(exampleRule(), examplePrices({ transfer_gb: { 'us-east-1': price } }));
    const sizes = [{ ratio: 0.25 }, { ratio: 1 / 3 }, { ratio: 1 / 3, overwritten: 1 }, { ratio: 0.6 }].map((each) => {
      const size = breakEvenObjectSize(costs, { ...experience, ...each });
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
