import type { ReplicationRule } from '../configuration/rule.ts';
import { type Admission, decideAdmission } from '../limits/decide-admission.ts';
import { RestoringSpeed } from '../limits/restoring-speed.ts';
import type { PackItem } from './collect-objects.ts';

/**
 * Seconds for an archive in an invocation of the target's function: 900, less those reserved for beginning and ending.
 */
const RESTORE_RUN_SECONDS = 860;
/** Assumes one vCPU at the target, which is less than its function has with any memory size. */
const RESTORING = new RestoringSpeed(1);

/** Seconds that invocations of this process have. */
export interface RunSeconds {
  /** Seconds that any invocation has from its beginning. */
  readonly wholeRun: number;
  readonly secondsLeft: number;
}

/**
 * Decides where the archive of these items is packed. @param predicted seconds of packing it, at the levels it would
 * get
 */
export function admitArchive(
  items: readonly PackItem[],
  predicted: number,
  rule: ReplicationRule,
  { wholeRun, secondsLeft }: RunSeconds,
): Admission {
  const sizes = items.map(({ object }) => object.size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const restoreSeconds = RESTORING.predict({
    // The ratio is unknown yet, so this assumes the worst case.
    archiveBytes: bytes,
    bytes,
    objects: items.length,
    destinations: maxDestinations(rule),
  });
  return decideAdmission(
    { bytes, largest, seconds: predicted, restoreSeconds, isDivisible: items.length > 1 },
    {
      objectBytes: rule.source.maxObjectBytes,
      totalBytes: Number.POSITIVE_INFINITY,
      wholeRun,
      secondsLeft,
      restoreRun: RESTORE_RUN_SECONDS,
    },
  );
}

/** In addition to `Admission`: the archive exceeds what this process can do, but another process might do it. */
export type PackingAdmission = Admission | 'elsewhere';

/**
 * The same without a fallback. If an archive is too slow only at the speed that this process has learned, its object
 * must not be refused: another process tries first, and then this one.
 * @param unlearned seconds that packing takes by the table alone
 * @param receives how many times it was tried, including this time
 */
export function admitWithoutFallback(
  items: readonly PackItem[],
  {
    predicted,
    unlearned,
    receives,
  }: { readonly predicted: number; readonly unlearned: number; readonly receives: number },
  rule: ReplicationRule,
  seconds: RunSeconds,
): PackingAdmission {
  const admission = admitArchive(items, predicted, rule, seconds);
  if (admission !== 'fallback') return admission;
  const plain = admitArchive(items, unlearned, rule, seconds);
  if (plain === 'fallback') return admission;
  return receives === 1 ? 'elsewhere' : plain;
}

/** The number of destinations in the region with the most: one function restores all of them. */
function maxDestinations({ destinations }: ReplicationRule): number {
  const counts = destinations.map(({ region }) => destinations.filter((other) => other.region === region).length);
  return counts.reduce((most, count) => Math.max(most, count), 1);
}
