import { RESERVED_MILLISECONDS, startRunClock } from '../messages/deadline.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { type BatchResponse, settleBatch } from '../messages/settle-batch.ts';
import { BatchLedger } from './batch-ledger.ts';
import { collectObjects, type PackItem } from './collect-objects.ts';
import { cutArchives } from './cut-archives.ts';
import type { PackingDependencies } from './dependencies.ts';
import { findStoredWrites } from './find-stored-write.ts';
import { narrowArchives } from './narrow-archives.ts';
import { packDeletions } from './pack-deletions.ts';
import { packOrDefer } from './pack-or-defer.ts';
import { reportRetriedAge } from './report-retried-age.ts';
import { ItemSettlement } from './settle-item.ts';
import { settleRemovals } from './settle-removals.ts';

/**
 * A batch of S3 events in, archives out. Every message gets exactly one fate, and is acknowledged only when each of its
 * objects is inside an archive that S3 has accepted, or needs no packing.
 * @param remainingMilliseconds what is left of this invocation
 */
export async function packBatch(
  messages: readonly QueueMessage[],
  remainingMilliseconds: () => number,
  dependencies: PackingDependencies,
): Promise<BatchResponse> {
  const { rule, limits, maxReceives } = dependencies;
  const clock = startRunClock(remainingMilliseconds, RESERVED_MILLISECONDS.settling);
  const ledger = new BatchLedger(messages);
  const settlement = new ItemSettlement(ledger);
  const cut = (items: readonly PackItem[]): PackItem[][] =>
    cutArchives(items, rule.source.maxArchiveBytes, limits.resumableBytes);
  const packAll = async (items: readonly PackItem[]): Promise<void> => {
    for (const archive of narrowArchives(items, maxReceives, cut)) {
      await packOrDefer(archive, { ...dependencies, clock, settlement });
    }
  };

  const collected = collectObjects(messages, ledger, dependencies);
  const work = await settleRemovals(collected, { ledger, settlement }, clock.secondsLeft(), dependencies);
  await packDeletions(work.deletions, ledger, clock.secondsLeft, dependencies);
  await packAll(work.items);
  await packAll(await findStoredWrites(settlement, clock.secondsLeft(), dependencies));

  const response = await settleBatch(ledger.settled(), dependencies);
  reportRetriedAge(messages, response, dependencies);
  return response;
}
