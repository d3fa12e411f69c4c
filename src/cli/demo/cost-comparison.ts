import {
  type ArchiveLimits,
  breakEvenObjectSize,
  countArchives,
  SECONDS_PER_MONTH,
} from '../../adaptive/break-even.ts';
import {
  type Amounts,
  type CostItem,
  type CostLine,
  isMultipart,
  type RuleCosts,
  sumLines,
} from '../../adaptive/cost-model.ts';
import { largeObjectRequests } from '../../packing/large-object-requests.ts';
import { TIB } from '../../units.ts';
import { formatAmount, formatBilledBytes, formatBytes } from '../command/numbers.ts';

/** A TB as AWS bills it. */
export const BILLED_TERABYTE = TIB;

/** A line of a bill, in USD. */
export interface ComparedCost {
  readonly what: string;
  /** S3 replicating every object directly. */
  readonly plain: number;
  readonly ours: number;
}

/**
 * The cost of this many bytes of objects like those of a run, line by line. `plain` less `ours` of all lines is the net
 * benefit.
 */
export interface CostComparison {
  readonly bytes: number;
  readonly lines: readonly ComparedCost[];
  /** Negative if S3's own replication is cheaper. */
  readonly net: number;
}

/** The objects and archives that a run packed. */
export interface PackedRun {
  /** Bytes of each object, once for each time it was packed. */
  readonly sizes: readonly number[];
  readonly archiveBytes: number;
  readonly cpuSeconds: number;
}

/**
 * The costs of sending with archives of the size that the rule makes in normal use, which are larger than those of a
 * short run.
 */
export interface RuleCostBasis {
  readonly costs: RuleCosts;
  readonly limits: ArchiveLimits;
}

/** A volume per month, and USD per month that the rule costs whatever its volume. */
export interface MonthlyVolume {
  readonly bytes: number;
  readonly fixed: number;
}

/** The savings for objects like those of a run. */
export interface RunCostComparison {
  readonly terabyte: CostComparison;
  /** Of `--monthly`, with the rule's fixed cost. */
  readonly month?: CostComparison;
  /** The outcome in one sentence. */
  readonly verdict: string;
}

/** @returns undefined when nothing was packed */
export function compareCosts(
  run: PackedRun,
  rule: RuleCostBasis,
  monthly?: MonthlyVolume,
): RunCostComparison | undefined {
  if (sumOf(run.sizes) === 0) return undefined;
  const terabyte = worthOf(run, rule, { bytes: BILLED_TERABYTE });
  if (monthly === undefined) return { terabyte, verdict: `${describeWorth(run, rule, terabyte)}.` };
  const { bytes, fixed } = monthly;
  const month = worthOf(run, rule, { bytes, seconds: SECONDS_PER_MONTH }, fixed);
  return { terabyte, month, verdict: `${describeWorth(run, rule, terabyte)}. ${describeMonth(terabyte, month)}` };
}

const LINES: readonly (readonly [what: string, items: readonly CostItem[]])[] = [
  ['transfer', ['transfer']],
  ['requests', ['requests']],
  ['compute', ['compute', 'restoring']],
  ['staging', ['storage']],
  ['keys, statistics, logs', ['encryption', 'statistics', 'logs']],
];

/** Both sides of a bill. */
export function sumsOf({ lines }: CostComparison): { readonly plain: number; readonly ours: number } {
  return { plain: sumOf(lines.map(({ plain }) => plain)), ours: sumOf(lines.map(({ ours }) => ours)) };
}

/** `USD per month, 50 TB`. */
export function monthTitle(month: CostComparison): string {
  return `USD per month, ${formatBilledBytes(month.bytes).replace('.0', '')}`;
}

/** Scales a run to another volume; `fixed` is the rule's fixed cost in USD per month. */
function worthOf(
  run: PackedRun,
  { costs, limits }: RuleCostBasis,
  volume: { readonly bytes: number; readonly seconds?: number },
  fixed?: number,
): CostComparison {
  const amounts = scaledAmounts(run, limits, volume);
  const of = (lines: readonly CostLine[], items: readonly CostItem[]): number =>
    sumLines(
      lines.filter(({ item }) => items.includes(item)),
      amounts,
    );
  const lines = LINES.map(([what, items]) => ({ what, plain: of(costs.plain, items), ours: of(costs.ours, items) }));
  if (fixed !== undefined) lines.push({ what: 'fixed, for the rule', plain: 0, ours: fixed });
  return { bytes: volume.bytes, lines, net: lines.reduce((sum, { plain, ours }) => sum + plain - ours, 0) };
}

/** The verdict for a TB, as a sentence without its period. */
function describeWorth(
  { sizes, archiveBytes, cpuSeconds }: PackedRun,
  { costs, limits }: RuleCostBasis,
  { net }: CostComparison,
): string {
  const bytes = sumOf(sizes);
  const mean = `At this mean size of ${formatBytes(bytes / sizes.length)}`;
  const dollars = `${formatAmount(Math.abs(net))} USD per TB`;
  if (net > 0) return `${mean} this is cheaper than S3's own replication by ${dollars}`;
  const experience = { ratio: archiveBytes / bytes, cpuSecondsPerByte: cpuSeconds / bytes };
  const from = breakEvenObjectSize(costs, experience, limits);
  // The ratio in the table includes objects that were packed again.
  const ratio = `at a ratio of ${(1 / experience.ratio).toFixed(1)} : 1 (nothing packed twice)`;
  const pays = Number.isFinite(from)
    ? `this pays off from ${formatBytes(from)}, ${ratio}`
    : `${ratio} this does not pay off at any size`;
  return `${mean} S3's own replication is cheaper by ${dollars}; ${pays}`;
}

/** The verdict for a month, as a sentence. */
function describeMonth(terabyte: CostComparison, { bytes, net }: CostComparison): string {
  const dollars = `${formatAmount(Math.abs(net))} USD`;
  const volume = formatBilledBytes(bytes).replace('.0', '');
  if (net > 0) return `At ${volume} per month it saves ${dollars} per month after fixed costs.`;
  const why = terabyte.net > 0 ? ': fixed costs and small archives cost more than it saves' : '';
  return `At ${volume} per month it costs ${dollars} per month more than S3's own replication${why}.`;
}

function scaledAmounts(
  { sizes, archiveBytes, cpuSeconds }: PackedRun,
  limits: ArchiveLimits,
  { bytes, seconds }: { readonly bytes: number; readonly seconds?: number },
): Amounts {
  const scale = bytes / sumOf(sizes);
  const objects = sizes.length * scale;
  const archives = countArchives({ objects, bytes, ...(seconds === undefined ? {} : { seconds }) }, limits);
  const large = largeObjectRequests(sizes);
  return {
    archives,
    objects,
    originalBytes: bytes,
    archiveBytes: archiveBytes * scale,
    cpuSeconds: cpuSeconds * scale,
    multipartArchives: isMultipart((archiveBytes * scale) / archives) ? archives : 0,
    largeReads: large.largeReads * scale,
    largeWrites: large.largeWrites * scale,
    looks: large.looks * scale,
  };
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
