import type { ReplicationRule } from '../configuration/rule.ts';
import { type Admission, decideAdmission } from '../limits/decide-admission.ts';
import { RestoringSpeed } from '../limits/restoring-speed.ts';
import type { PackItem } from './collect-objects.ts';

/** What an invocation of the target's function has for an archive: 900 seconds, less what it keeps for beginning and ending. */
const RESTORE_RUN_SECONDS = 860;
/** As if the target had one vCPU, which is less than any memory of its function gives. */
const RESTORING = new RestoringSpeed(1);

/** Seconds that invocations of this process have. */
export interface RunSeconds {
  /** From the beginning of any invocation. */
  readonly wholeRun: number;
  readonly secondsLeft: number;
}

/** Where the archive of these items is packed. @param predicted seconds of packing it, at the levels it would get */
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
    // Nothing is known of the ratio yet: the worst case.
    archiveBytes: bytes,
    bytes,
    objects: items.length,
    destinations: maxDestinations(rule),
  });
  return decideAdmission(
    { bytes, largest, seconds: predicted, restoreSeconds, divisible: items.length > 1 },
    {
      objectBytes: rule.source.maxObjectBytes,
      totalBytes: Number.POSITIVE_INFINITY,
      wholeRun,
      secondsLeft,
      restoreRun: RESTORE_RUN_SECONDS,
    },
  );
}

/** What else can be said of an archive than `Admission`: it exceeds what this process can do, but another process might do it. */
export type PackingAdmission = Admission | 'elsewhere';

/**
 * The same, where there is no fallback. What only this process's own bad luck with its speed forbids does not justify refusing an
 * object for good: another process tries first, and then it is tried here.
 * @param unlearned seconds that packing takes by the table alone
 * @param receives how often it was tried, this time included
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

/** Destinations in the region that has most of them: one function restores them all. */
function maxDestinations({ destinations }: ReplicationRule): number {
  const counts = destinations.map(({ region }) => destinations.filter((other) => other.region === region).length);
  return counts.reduce((most, count) => Math.max(most, count), 1);
}
