import {
  type Amounts,
  BILLED_GIGABYTE,
  breakEvenObjectSize,
  type CostItem,
  type CostLine,
  type RuleCosts,
  sumLines,
} from '../../adaptive/cost-model.ts';
import { LARGE_OBJECT } from '../../archive/format.ts';
import { countLargeFrames } from '../../archive/plan-frames.ts';
import { formatBytes } from '../command/numbers.ts';

/** A TB of a bill. */
export const BILLED_TERABYTE = 1024 * BILLED_GIGABYTE;

/** A line of a bill, in USD. */
export interface WorthLine {
  readonly what: string;
  /** S3 replicating every object by itself. */
  readonly plain: number;
  readonly ours: number;
}

/** What so many bytes of objects like those of a run cost, line by line. `plain` less `ours` of all lines is the net. */
export interface Worth {
  readonly bytes: number;
  readonly lines: readonly WorthLine[];
  /** Negative where S3's own replication is cheaper. */
  readonly net: number;
}

/** What a run packed. */
export interface PackedRun {
  /** Bytes of each object, as often as it was packed. */
  readonly sizes: readonly number[];
  readonly archives: number;
  readonly archiveBytes: number;
  readonly cpuSeconds: number;
}

/** What objects like those of a run are worth sending this way. */
export interface RunWorth {
  readonly terabyte: Worth;
  /** Of `--monthly`, with the rule's fixed cost. */
  readonly month?: Worth;
  /** The outcome in one sentence. */
  readonly verdict: string;
}

/**
 * @param monthly bytes a month, and USD that the rule costs a month whatever its volume
 * @returns undefined when nothing was packed
 */
export function summarizeWorth(
  run: PackedRun,
  costs: RuleCosts,
  monthly?: { readonly bytes: number; readonly fixed: number },
): RunWorth | undefined {
  const terabyte = worthOf(run, costs, BILLED_TERABYTE);
  if (terabyte === undefined) return undefined;
  const verdict = describeWorth(run, costs, terabyte);
  const month = monthly === undefined ? undefined : worthOf(run, costs, monthly.bytes, monthly.fixed);
  return { terabyte, ...(month === undefined ? {} : { month }), verdict };
}

const LINES: readonly (readonly [what: string, items: readonly CostItem[]])[] = [
  ['transfer', ['transfer']],
  ['requests', ['requests']],
  ['compute', ['compute', 'restoring']],
  ['staging', ['storage']],
  ['keys, statistics, logs', ['encryption', 'statistics', 'logs']],
];

/**
 * Scales what a run packed to `bytes` of objects.
 * @param fixed USD a month of the rule, if `bytes` are those of a month
 * @returns undefined when nothing was packed
 */
export function worthOf(run: PackedRun, costs: RuleCosts, bytes: number, fixed?: number): Worth | undefined {
  const amounts = amountsOf(run);
  if (amounts.originalBytes === 0) return undefined;
  const scale = bytes / amounts.originalBytes;
  const of = (lines: readonly CostLine[], items: readonly CostItem[]): number =>
    scale *
    sumLines(
      lines.filter(({ item }) => items.includes(item)),
      amounts,
    );
  const lines = LINES.map(([what, items]) => ({ what, plain: of(costs.plain, items), ours: of(costs.ours, items) }));
  if (fixed !== undefined) lines.push({ what: 'fixed, of the rule', plain: 0, ours: fixed });
  return { bytes, lines, net: lines.reduce((sum, { plain, ours }) => sum + plain - ours, 0) };
}

/** The verdict in words, of a TB. */
export function describeWorth(run: PackedRun, costs: RuleCosts, { net }: Worth): string {
  const { objects, originalBytes, archives, archiveBytes, cpuSeconds } = amountsOf(run);
  const experience = {
    ratio: archiveBytes / originalBytes,
    cpuSecondsAByte: cpuSeconds / originalBytes,
    bytesAnArchive: originalBytes / archives,
  };
  const from = breakEvenObjectSize(costs, experience);
  const mean = `At this mean size of ${formatBytes(originalBytes / objects)}`;
  const dollars = `${Math.abs(net).toFixed(2)} USD per TB`;
  if (net > 0) return `${mean} this is cheaper than S3's own replication by ${dollars}.`;
  const pays = Number.isFinite(from)
    ? `this pays from ${formatBytes(from)} on at this ratio and size of archives`
    : 'at this ratio and size of archives this pays at no size';
  return `${mean} S3's own replication is cheaper by ${dollars}; ${pays}.`;
}

function amountsOf({ sizes, archives, archiveBytes, cpuSeconds }: PackedRun): Amounts {
  const large = sizes.filter((size) => size > LARGE_OBJECT);
  return {
    archives,
    objects: sizes.length,
    originalBytes: sizes.reduce((sum, size) => sum + size, 0),
    archiveBytes,
    cpuSeconds,
    looks: large.length,
    largeWrites: large.reduce((sum, size) => sum + countLargeFrames(size) + 1, 0),
  };
}
