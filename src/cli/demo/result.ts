import type { ReplicationRule } from '../../configuration/rule.ts';
import { ratioOf } from '../command/numbers.ts';
import type { InspectedArchive, TypeShare } from './archives/inspect-archive.ts';
import type { LevelCost } from './comparison/compare-levels.ts';
import type { RunCostComparison } from './cost-comparison.ts';
import type { MetricsSummary } from './metrics-summary.ts';
import type { DeadLetterFound } from './pipeline/dead-letters.ts';
import type { LevelUse } from './pipeline/level-use.ts';
import { type TransferCost, transferCost } from './transfer-cost.ts';
import { countPackedAgain } from './verify/count-writes.ts';
import type { Verification } from './verify/verify-destinations.ts';

/** The demo's measurements and findings; table, JSON file and report are three views of them. */
export interface DemoMeasurements {
  readonly rule: ReplicationRule;
  /** Where the objects came from, for people. */
  readonly source: string;
  /** At the end; bytes of their last versions. */
  readonly objects: number;
  readonly bytes: number;
  /** All versions that were uploaded, drafts included: what plain replication would have sent. */
  readonly uploads: number;
  readonly uploadedBytes: number;
  /** Events that were repeated. */
  readonly repeatedEvents: number;
  readonly deletions: DeletionsMade;
  readonly skippedEntries: number;
  /** From the first upload until the last object was restored. */
  readonly seconds: number;
  readonly archives: readonly InspectedArchive[];
  readonly verification: Verification;
  readonly deadLetters: readonly DeadLetterFound[];
  /** A sentence for each promise that the pipeline broke even though every object arrived. */
  readonly violations: readonly string[];
  /** Damaged archives that were sent to the targets and must be refused, and the number of those that were. */
  readonly damagedArchives: number;
  readonly refusedArchives: number;
  readonly faults: FaultsMet;
  /** The functions' own metrics. */
  readonly metrics: MetricsSummary;
  readonly levels: readonly LevelUse[];
  /** CPU time of compression, in seconds, as the functions logged it archive by archive. */
  readonly packingCpuSeconds: number;
  /** Absent when nothing was packed. */
  readonly worth?: RunCostComparison | undefined;
  /** First the chosen levels, then each level of `--compare-levels`; absent without that option. */
  readonly comparison?: readonly LevelCost[] | undefined;
  /** Absent without `--fallback-over`. */
  readonly fallback?: FallbackShare | undefined;
}

/** Objects deleted at the source. */
export interface DeletionsMade {
  /** Permanently, after the targets had received them. */
  readonly deleted: number;
  /** Permanently, before they had arrived. */
  readonly overtaken: number;
  readonly undeleted: number;
  readonly rewritten: number;
  /** Archives of deletions, which do not count as archives of objects. */
  readonly archives: number;
  readonly archiveBytes: number;
}

/** The work of fallback tasks. */
export interface FallbackShare {
  readonly packed: ObjectShare;
  /** Over all target regions. */
  readonly restored: ObjectShare;
  /** Tasks that were ended while working: at once, like a lost machine, or with notice, like a Spot reclaim. */
  readonly killedTasks: number;
  readonly reclaimedTasks: number;
}

export interface ObjectShare {
  readonly objects: number;
  readonly bytes: number;
}

/** The faults that `--faults` injected. */
export interface FaultsMet {
  /** Share of the functions' calls. */
  readonly rate: number;
  readonly failedCalls: number;
  readonly killedWorkers: number;
  readonly failedInvocations: number;
}

export interface DemoResult extends DemoMeasurements {
  /** Objects that were archived more than once: because of duplicate events, or after failures. */
  readonly packedAgain: number;
  readonly compressedBytes: number;
  /** Null when nothing was compressed. */
  readonly ratio: number | null;
  readonly transfer: TransferCost;
  /** The contents of the archives, according to their manifests. */
  readonly packed: ObjectShare;
  readonly types: ReadonlyMap<string, TypeShare>;
}

export function summarize(measured: DemoMeasurements): DemoResult {
  const compressedBytes = measured.archives.reduce((sum, archive) => sum + archive.compressedBytes, 0);
  return {
    ...measured,
    packedAgain: countPackedAgain(measured.archives.flatMap(({ versions }) => versions)),
    compressedBytes,
    ratio: ratioOf(measured.uploadedBytes, compressedBytes),
    transfer: transferCost(measured.uploadedBytes, compressedBytes, measured.rule.destinations.length),
    packed: {
      objects: measured.archives.reduce((sum, archive) => sum + archive.objects, 0),
      bytes: measured.archives.reduce((sum, archive) => sum + archive.bytes, 0),
    },
    types: sumTypes(measured.archives),
  };
}

/** Whether every object arrived unchanged, nothing was dead-lettered, and the pipeline kept its promises. */
export function isFlawless({ verification, deadLetters, violations }: DemoResult): boolean {
  const { lost, altered } = verification;
  return lost + altered + deadLetters.length + violations.length === 0;
}

/** The content of the `--json` file. */
export function numbersOf(result: DemoResult): Record<string, unknown> {
  const { objects, bytes, uploads, uploadedBytes, repeatedEvents, archives, compressedBytes, ratio, seconds } = result;
  const { identical, lost, altered } = result.verification;
  return {
    objects,
    bytes,
    archives: archives.length,
    compressedBytes,
    ratio,
    seconds: Number(seconds.toFixed(3)),
    identical,
    lost,
    altered,
    deadLettered: result.deadLetters.length,
    violations: result.violations,
    damagedArchives: result.damagedArchives,
    refusedArchives: result.refusedArchives,
    packedAgain: result.packedAgain,
    uploads,
    uploadedBytes,
    repeatedEvents,
    deletions: result.deletions,
    skippedEntries: result.skippedEntries,
    regions: result.rule.destinations.map(({ region }) => region),
    transferDollars: {
      perGigabyte: result.transfer.dollarsPerGigabyte,
      without: result.transfer.without,
      with: result.transfer.with,
    },
    ...(result.worth === undefined ? {} : { worth: result.worth }),
    faults: result.faults,
    packed: result.packed,
    metrics: result.metrics,
    levels: result.levels,
    packingCpuSeconds: result.packingCpuSeconds,
    ...(result.comparison === undefined ? {} : { comparison: result.comparison }),
    ...(result.fallback === undefined ? {} : { fallback: result.fallback }),
  };
}

function sumTypes(archives: readonly InspectedArchive[]): Map<string, TypeShare> {
  const sums = new Map<string, TypeShare>();
  for (const [type, share] of archives.flatMap(({ types }) => [...types])) {
    const sum = sums.get(type) ?? { objects: 0, bytes: 0, compressedBytes: 0 };
    sums.set(type, {
      objects: sum.objects + share.objects,
      bytes: sum.bytes + share.bytes,
      compressedBytes: sum.compressedBytes + share.compressedBytes,
    });
  }
  return new Map([...sums].sort(([, left], [, right]) => right.bytes - left.bytes));
}
