import * as z from 'zod';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../backfill/checkpoint.ts';
import type { CheckpointStore, Clock } from '../backfill/dependencies.ts';
import { HeldCheckpointError, InvalidCheckpointError } from '../backfill/errors.ts';
import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { asCompressorError } from '../errors.ts';
import { tryParseJson } from '../json.ts';
import type { MetricReader } from '../watermark/dependencies.ts';
import { countFaults, isFaultFound } from './count-faults.ts';
import {
  type ComparedBucket,
  type InventoryListing,
  noVerificationCounts,
  type VerificationCounts,
} from './dependencies.ts';
import { readDueBasis } from './due-basis.ts';
import { StalledVerificationError } from './errors.ts';
import { findInventory, type InventoryDirectory, type ManifestLocation } from './find-inventory.ts';
import { runVerification } from './run-verification.ts';
import type { ScheduledTask } from './scheduled-task.ts';
import type { VerificationTelemetry } from './telemetry.ts';

/** Everything outside a scheduled verification. It contains no queue: a schedule repairs nothing. */
export interface ScheduleDependencies {
  readonly rule: DeployedRule;
  /** Dimensions of the metrics. */
  readonly namespace: string;
  readonly openBucket: (region: string) => Pick<ComparedBucket, 'pager' | 'store'>;
  readonly directoryOf: (region: string) => InventoryDirectory;
  /** Buckets of a region from which inventories may be read. */
  readonly inventoryBuckets: (region: string) => readonly string[];
  /**
   * Opens an inventory in the order of keys.
   * @param bucket the bucket that it must list
   * @throws InvalidInventoryError, the errors of the storage port
   */
  readonly openInventory: (
    manifest: ManifestLocation,
    listed: { readonly region: string; readonly bucket: string; readonly sides: number },
  ) => Promise<InventoryListing>;
  readonly metrics: MetricReader;
  readonly checkpoint: CheckpointStore;
  readonly clock: Clock;
  readonly telemetry: VerificationTelemetry;
  /** Aborts when the invocation is nearly out of time: its progress is saved, and the next one continues from there. */
  readonly deadline: AbortSignal;
}

/** The result of an invocation. */
export interface ScheduledProgress extends ScheduledTask {
  /** Nothing remains to be done for this execution. */
  readonly finished: boolean;
  /** Keys compared by all invocations so far. */
  readonly compared: number;
  /** Copies that are not what the rule promises. */
  readonly faults: number;
}

/** Max faults that an invocation logs. */
const NAMED_FAULTS = 20;
/**
 * Milliseconds. An invocation ends within fifteen minutes and saves during that time; an execution that has not saved
 * for longer has ended.
 */
export const VERIFICATION_LEASE_MS = 30 * 60_000;

/**
 * Compares the source and destinations of a rule, or as much of them as time permits. It repairs nothing.
 *
 * | the checkpoint is                                                 | what happens           |
 * |-------------------------------------------------------------------|------------------------|
 * | of this execution, not finished                                   | continues              |
 * | of this execution, finished                                       | nothing                |
 * | of another execution, not finished, saved within the last 30 min  | nothing                |
 * | saved by another execution while this one works                   | this one ends          |
 * | anything else                                                     | starts over            |
 * @throws StalledVerificationError when no key could be compared in time; the errors of the storage port
 */
export async function verifyOnSchedule(
  task: ScheduledTask,
  dependencies: ScheduleDependencies,
): Promise<ScheduledProgress> {
  const { rule, clock, telemetry } = dependencies;
  const earlier = await loadCheckpoint(dependencies);
  const execution = earlier?.choices['execution'];
  const isOwn = execution === task.execution;
  if (earlier !== undefined && isOwn && earlier.finished) return progressOf(task, rule, earlier, true);
  if (earlier !== undefined && !isOwn && !earlier.finished) {
    const age = clock.now() - Date.parse(earlier.savedAt);
    if (age < VERIFICATION_LEASE_MS) {
      telemetry.alreadyRunning(rule, execution ?? '');
      return progressOf(task, rule, earlier, true);
    }
  }
  try {
    const begun = earlier !== undefined && isOwn ? earlier : await begin(task, dependencies);
    return await continueVerification(task, begun, dependencies);
  } catch (thrown) {
    if (!(thrown instanceof HeldCheckpointError)) throw thrown;
    // Two started at the same moment, or this one paused for so long that its lease expired.
    telemetry.alreadyRunning(rule, 'another one');
    return { ...task, finished: true, compared: 0, faults: 0 };
  }
}

async function loadCheckpoint({ checkpoint, rule }: ScheduleDependencies): Promise<Checkpoint | undefined> {
  const text = await checkpoint.load();
  if (text === undefined) return undefined;
  try {
    return decodeCheckpoint(text, 'scheduled-verify', rule.id);
  } catch (thrown) {
    // Written by another version: ignoring it only repeats comparisons.
    if (thrown instanceof InvalidCheckpointError) return undefined;
    throw thrown;
  }
}

/** Chooses inventories, and replaces the checkpoint of earlier executions. */
async function begin(task: ScheduledTask, dependencies: ScheduleDependencies): Promise<Checkpoint> {
  const { rule, checkpoint, clock } = dependencies;
  const now = new Date(clock.now()).toISOString();
  const begun: Checkpoint = {
    version: 1,
    kind: 'scheduled-verify',
    rule: rule.id,
    filter: {},
    choices: { execution: task.execution, inventories: JSON.stringify(await chooseInventories(dependencies)) },
    startedAt: now,
    savedAt: now,
    finished: false,
    counts: { ...noVerificationCounts() },
  };
  await checkpoint.save(encodeCheckpoint(begun));
  return begun;
}

interface ComparedSide {
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
}

/** The source first, then the destinations in their order. */
function sidesOf({ source, destinations }: DeployedRule): readonly ComparedSide[] {
  return [
    source,
    ...destinations.map(({ region, bucket, targetPrefix = '' }) => ({
      region,
      bucket,
      prefix: `${targetPrefix}${source.prefix}`,
    })),
  ];
}

const manifests = z.array(z.object({ bucket: z.string(), key: z.string() }).nullable());

/** A manifest for each side; null if the side is listed. */
async function chooseInventories(dependencies: ScheduleDependencies): Promise<z.infer<typeof manifests>> {
  const { rule, directoryOf, inventoryBuckets, clock, telemetry, deadline } = dependencies;
  return Promise.all(
    sidesOf(rule).map(async ({ region, bucket, prefix }) => {
      const allowedBuckets = inventoryBuckets(region);
      // If no inventories are allowed, nothing is looked up or reported.
      if (allowedBuckets.length === 0) return null;
      try {
        const wanted = { bucket, prefix, allowedBuckets };
        const found = await findInventory(wanted, directoryOf(region), clock.now(), deadline);
        if (typeof found !== 'string') {
          telemetry.inventoryTaken(rule, bucket, found);
          return found;
        }
        telemetry.bucketListed(rule, bucket, found);
      } catch (thrown) {
        telemetry.bucketListed(rule, bucket, asCompressorError(thrown).message);
      }
      return null;
    }),
  );
}

async function continueVerification(
  task: ScheduledTask,
  begun: Checkpoint,
  dependencies: ScheduleDependencies,
): Promise<ScheduledProgress> {
  const { rule, checkpoint, clock, telemetry, deadline } = dependencies;
  const chosen = manifests.safeParse(tryParseJson(begun.choices['inventories'] ?? '')).data ?? [];
  const usesInventories = chosen.some((each) => each !== null);
  let last = begun;
  const save = async (change: Partial<Checkpoint>): Promise<void> => {
    last = { ...last, ...change, savedAt: new Date(clock.now()).toISOString() };
    await checkpoint.save(encodeCheckpoint(last));
  };
  try {
    const counts = await compare(begun, chosen, dependencies, (position, counted) =>
      save({ position, counts: { ...counted } }),
    );
    // Before the checkpoint: an invocation that ends in between reports it twice, which does not change a maximum.
    telemetry.verified(rule, counts, countFaults(counts, rule));
    await save({ finished: true, counts: { ...counts } });
    return progressOf(task, rule, last, true);
  } catch (thrown) {
    if (thrown instanceof HeldCheckpointError) throw thrown;
    const hasProgress = last.position !== begun.position;
    if (deadline.aborted && hasProgress) {
      telemetry.continues(rule, countsOf(last));
      return progressOf(task, rule, last, false);
    }
    // Damaged, incomplete, or too large for the disk or the time: listings take longer, but each page is progress.
    if (usesInventories) {
      telemetry.inventoriesGivenUp(rule, asCompressorError(thrown));
      await save({ choices: { ...last.choices, inventories: '[]' } });
      return progressOf(task, rule, last, false);
    }
    if (!deadline.aborted) throw thrown;
    throw new StalledVerificationError(
      `No key of rule ${rule.id} could be compared before the invocation ran out of time.`,
      { context: { rule: rule.id, position: begun.position }, cause: thrown },
    );
  }
}

async function compare(
  begun: Checkpoint,
  chosen: z.infer<typeof manifests>,
  dependencies: ScheduleDependencies,
  keep: (position: string, counts: VerificationCounts) => Promise<void>,
): Promise<VerificationCounts> {
  const { rule, namespace, openBucket, openInventory, metrics, clock, telemetry, deadline } = dependencies;
  const sides = sidesOf(rule);
  const opened = await Promise.all(
    sides.map(async ({ region, bucket }, index): Promise<ComparedBucket> => {
      const manifest = chosen[index] ?? undefined;
      const listed = { region, bucket, sides: sides.length };
      const inventory = manifest === undefined ? undefined : await openInventory(manifest, listed);
      return { ...openBucket(region), inventory };
    }),
  );
  const [source, ...copies] = opened;
  if (source === undefined) throw new TypeError('A rule has a source');
  const { dueBefore } = await readDueBasis(rule, namespace, metrics, clock.now());
  const { position } = begun;
  let named = 0;
  return await runVerification(
    {
      rule,
      filter: {},
      proof: 'none',
      oneIn: 1,
      dueBefore,
      pace: {},
      resumed: position === undefined ? undefined : { key: position, counts: countsOf(begun) },
      signal: deadline,
    },
    {
      source,
      destinations: rule.destinations.flatMap((destination, index) => {
        const copy = copies[index];
        return copy === undefined ? [] : [{ destination, ...copy }];
      }),
      clock,
      checkpoint: keep,
      onProgress: () => undefined,
      onFinding: (finding) => {
        if (!isFaultFound(finding) || named >= NAMED_FAULTS) return;
        named += 1;
        telemetry.faultFound(rule, finding);
      },
    },
  );
}

function countsOf({ counts }: Checkpoint): VerificationCounts {
  return { ...noVerificationCounts(), ...counts };
}

function progressOf(
  task: ScheduledTask,
  rule: DeployedRule,
  checkpoint: Checkpoint,
  finished: boolean,
): ScheduledProgress {
  const counts = countsOf(checkpoint);
  return { ...task, finished, compared: counts.compared, faults: countFaults(counts, rule) };
}
