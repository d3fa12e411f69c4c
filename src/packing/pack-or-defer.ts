import { asCompressorError } from '../errors.ts';
import type { RunClock } from '../messages/deadline.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import { admitArchive, admitWithoutFallback, type PackingAdmission } from './admit-archive.ts';
import { buildInTime } from './build-in-time.ts';
import type { PackItem } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import { overLimitsError, overMeasuredSpeedError } from './describe-limits.ts';
import { ArchiveInProgressError } from './errors.ts';
import { itemsAge } from './event-ages.ts';
import { mayBeCausedByOneObject, receiveCountOf } from './narrow-archives.ts';
import { planLevels } from './plan-levels.ts';
import type { ExclusionReason } from './read-item.ts';
import type { ItemSettlement } from './settle-item.ts';

/** Everything that packing an archive needs besides its items. */
interface PackingRun extends PackingDependencies {
  readonly clock: RunClock;
  readonly settlement: ItemSettlement;
}

/**
 * Packs the archive of these items, or defers it. Each item is settled when this returns.
 *
 * | the archive                                             | its items                          |
 * |---------------------------------------------------------|------------------------------------|
 * | exceeds an invocation's limits, one object              | over the limits                    |
 * | the same, only by what this process has learned         | retry: another may be faster; packed on a later receive |
 * | exceeds an invocation's limits, several objects         | packed in two halves               |
 * | is predicted not to fit the remaining time              | requeued, unattempted              |
 * | is interrupted by `stop`                                | requeued, unattempted              |
 * | is accepted by S3, now or before                        | done                               |
 * | is in progress in another worker                        | requeued, due when it may be free  |
 * | has too much metadata for one manifest                  | packed in two halves               |
 * | failed in a way that one object may explain             | packed in two halves               |
 * | failed                                                  | retry or refused, by reason        |
 */
export async function packOrDefer(items: readonly PackItem[], run: PackingRun): Promise<void> {
  const { clock, stop } = run;
  try {
    stop?.throwIfAborted();
    const planned = planLevels(items, clock.secondsLeft(), itemsAge(items, run.now), run);
    const { predicted } = planned;
    const unlearned = run.speed.predictUnlearned(planned.works);
    const admission = admit(items, { predicted, unlearned }, run);
    const [first] = items;
    if (admission === 'elsewhere' && first !== undefined) {
      settleAll(items, { kind: 'retry', reason: overMeasuredSpeedError(first, predicted, unlearned) }, run);
    } else if (admission === 'fallback' && first !== undefined) {
      settleAll(
        items,
        { kind: 'over-limits', reason: overLimitsError(first, predicted, clock.wholeRun, run.rule) },
        run,
      );
    } else if (admission === 'halves') {
      await packHalves(items, run);
    } else if (admission === 'again') {
      settleAll(items, { kind: 'again' }, run);
    } else {
      const { leftOut } = await buildInTime(items, planned, clock.secondsLeft(), run);
      for (const item of items) settlePacked(item, leftOut.get(item), run);
    }
  } catch (thrown) {
    // Any failure is due to the imminent end of the process.
    if (stop?.aborted === true) settleAll(items, { kind: 'again' }, run);
    else if (thrown instanceof ArchiveInProgressError)
      settleAll(items, { kind: 'again', seconds: thrown.seconds }, run);
    else {
      const error = asCompressorError(thrown);
      if (items.length > 1 && mayBeCausedByOneObject(error)) await packHalves(items, run);
      else settleAll(items, failedOutcome(error), run);
    }
  }
}

/** @param seconds to pack them: from what this process has learned, and from the table alone */
function admit(
  items: readonly PackItem[],
  seconds: { readonly predicted: number; readonly unlearned: number },
  { rule, fallback, clock }: PackingRun,
): PackingAdmission {
  const [first] = items;
  const left = { wholeRun: clock.wholeRun, secondsLeft: clock.secondsLeft() };
  if (fallback !== undefined || first === undefined) return admitArchive(items, seconds.predicted, rule, left);
  return admitWithoutFallback(items, { ...seconds, receives: receiveCountOf(first) }, rule, left);
}

async function packHalves(items: readonly PackItem[], run: PackingRun): Promise<void> {
  const half = Math.ceil(items.length / 2);
  await packOrDefer(items.slice(0, half), run);
  await packOrDefer(items.slice(half), run);
}

/** All items of an archive share its outcome. */
function settleAll(items: readonly PackItem[], outcome: MessageOutcome, run: PackingRun): void {
  const goesToFallback = outcome.kind === 'over-limits' && run.fallback !== undefined;
  if (goesToFallback || outcome.kind === 'again') {
    run.telemetry.objectsDeferred(items.length, itemsAge(items, run.now), goesToFallback ? 'fallback' : 'queue');
  }
  for (const item of items) run.settlement.settle(item, outcome);
}

/** @param leftOut why it is not in the archive; absent if it is */
function settlePacked(
  item: PackItem,
  leftOut: ExclusionReason | undefined,
  { settlement, telemetry }: PackingRun,
): void {
  switch (leftOut?.kind) {
    case undefined:
      settlement.settle(item, { kind: 'done' });
      return;
    case 'changed':
      telemetry.objectSkipped(item.object, 'superseded');
      settlement.settleChanged(item);
      return;
    case 'gone':
    case 'own-write':
      telemetry.objectSkipped(item.object, leftOut.kind);
      settlement.settle(item, { kind: 'done' });
      return;
    case 'failed':
      settlement.settle(item, leftOut.outcome);
  }
}
