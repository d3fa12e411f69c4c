import pLimit from 'p-limit';
import { asCompressorError } from '../errors.ts';
import { Deadline } from '../messages/deadline.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import type { ObjectRemoved } from '../messages/parse-notification.ts';
import { compareRemovals, isProvenOlder, lastRemoval } from '../messages/sequencer.ts';
import type { ObjectDescription } from '../storage/stored-object.ts';
import type { BatchLedger } from './batch-ledger.ts';
import type { CollectedBatch, PackItem, RemovalEvent, WrittenObject } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import type { ItemSettlement } from './settle-item.ts';

/** A deleted key, and the messages that wait until its deletion is packed. */
export interface DeletionItem {
  /** The last deletion. */
  readonly object: ObjectRemoved;
  readonly removals: readonly RemovalEvent[];
}

/** The work of a batch. */
export interface BatchWork {
  readonly items: readonly PackItem[];
  readonly deletions: readonly DeletionItem[];
}

type LookDependencies = Pick<PackingDependencies, 'store' | 'limits' | 'stop' | 'telemetry'>;

interface RemovalContext {
  readonly ledger: BatchLedger;
  readonly settlement: ItemSettlement;
  readonly telemetry: PackingDependencies['telemetry'];
}

/**
 * Checks each key with a removal: one HEAD per key shows what is left. This applies to both kinds of events, since the
 * destinations must have the version that is current now.
 *
 * | HEAD says      | deletions of the key                          | permanently removed versions                         |
 * |----------------|-----------------------------------------------|------------------------------------------------------|
 * | an object      | settled: due to a later write, or an undelete  | it is packed, as a write of that moment              |
 * | nothing        | the last one is packed, in its own order      | settled: that is never replicated                    |
 * | a failure      | share it                                      | share it                                             |
 *
 * A deletion has the order of its event, not of the HEAD: anything written later is newer at the destination. So a
 * wrong 404 of a HEAD, for which S3 gives no reason, does no harm.
 * @param secondsLeft of the invocation
 */
export async function settleRemovals(
  { items, removals }: CollectedBatch,
  { ledger, settlement }: Omit<RemovalContext, 'telemetry'>,
  secondsLeft: number,
  { store, limits, stop, telemetry }: LookDependencies,
): Promise<BatchWork> {
  if (removals.size === 0) return { items, deletions: [] };
  const context = { ledger, settlement, telemetry };
  const byKey = new Map(items.map((item) => [item.object.key, item]));
  const deletions: DeletionItem[] = [];
  using deadline = new Deadline(1000 * secondsLeft, undefined, stop);
  const { signal } = deadline;
  const looks = pLimit(limits.parallelReads);
  await looks.map([...removals], async ([key, seen]) => {
    const [first] = seen;
    if (first === undefined) return;
    try {
      const stored = await store.head({ bucket: first.removed.bucket, key }, signal);
      if (stored === undefined) carryDeletion(key, seen, byKey, deletions, context);
      else packCurrent(key, seen, stored, byKey, context);
    } catch (thrown) {
      // Once the signal is aborted, any failure is due to lack of time.
      const outcome: MessageOutcome = signal.aborted ? { kind: 'again' } : failedOutcome(asCompressorError(thrown));
      for (const { message } of seen) ledger.note(message, outcome);
    }
  });
  return { items: [...byKey.values()], deletions };
}

/** There is no object at the key. */
function carryDeletion(
  key: string,
  seen: readonly RemovalEvent[],
  byKey: Map<string, PackItem>,
  deletions: DeletionItem[],
  { ledger, settlement, telemetry }: RemovalContext,
): void {
  const [deleted, versions] = partition(seen);
  for (const { removed, message } of versions) {
    telemetry.objectSkipped(removed, 'version-removed');
    ledger.note(message, { kind: 'done' });
  }
  const last = lastRemoval(deleted.map(({ removed }) => removed));
  if (last === undefined) return;
  deletions.push({ object: last, removals: deleted });
  const item = byKey.get(key);
  // Writes that were deleted since, according to the sequencer, need not be read.
  if (item === undefined || !isProvenOlder(item.object, last)) return;
  byKey.delete(key);
  telemetry.objectSkipped(item.object, 'superseded');
  settlement.settle(item, { kind: 'done' });
}

/** There is an object at the key. The removal of a version may have made it current, and then it has no event. */
function packCurrent(
  key: string,
  seen: readonly RemovalEvent[],
  stored: ObjectDescription,
  byKey: Map<string, PackItem>,
  { ledger, telemetry }: RemovalContext,
): void {
  const [deleted, versions] = partition(seen);
  for (const { removed, message } of deleted) {
    telemetry.objectSkipped(removed, 'superseded');
    ledger.note(message, { kind: 'done' });
  }
  const last = lastRemoval(versions.map(({ removed }) => removed));
  if (last === undefined) return;
  const item = byKey.get(key);
  if (item !== undefined && compareRemovals(item.object, last) > 0) {
    for (const { removed, message } of versions) {
      telemetry.objectSkipped(removed, 'superseded');
      ledger.note(message, { kind: 'done' });
    }
    return;
  }
  const { bucket, eventTime, sequencer } = last;
  // The user who removed the version did not write the current one; its stamp says who did.
  const object = {
    bucket,
    key,
    etag: stored.etag,
    size: stored.size,
    eventTime,
    sequencer,
    isByRemoval: true,
  } as const;
  byKey.set(key, { object, messages: versions.map(({ message }) => message), superseded: earlierWrites(item) });
}

function earlierWrites(item: PackItem | undefined): WrittenObject[] {
  if (item === undefined) return [];
  const { object, messages, superseded } = item;
  return [...messages.map((message) => ({ object, message })), ...superseded];
}

function partition(seen: readonly RemovalEvent[]): [deleted: RemovalEvent[], versions: RemovalEvent[]] {
  const { deleted = [], 'version-removed': versions = [] } = Object.groupBy(seen, ({ removed }) => removed.removal);
  return [deleted, versions];
}
