import { asCompressorError } from '../errors.ts';
import { boundTurns } from '../messages/bound-turns.ts';
import { Deadline } from '../messages/deadline.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import { type BatchResponse, settleBatch } from '../messages/settle-batch.ts';
import { BatchLedger } from './batch-ledger.ts';
import { type BuildResult, buildArchive } from './build-archive.ts';
import { collectObjects, type PackItem } from './collect-objects.ts';
import { cutArchives } from './cut-archives.ts';
import type { SourceDependencies } from './dependencies.ts';
import { overLimits, overMeasuredSpeed, timeExceeded } from './describe-limits.ts';
import { ArchiveInProgressError } from './errors.ts';
import { itemsAge, messagesAge } from './event-ages.ts';
import { findStoredWrites } from './find-stored-write.ts';
import { largeObjectRequests } from './large-object-requests.ts';
import { mayBeOneObject, narrowArchives, receivesOf } from './narrow-archives.ts';
import { packDeletions } from './pack-deletions.ts';
import { placeArchive, placeWithoutFallback } from './place-archive.ts';
import { type PlannedLevels, planLevels } from './plan-levels.ts';
import type { LeftOut } from './read-item.ts';
import { ItemSettlement } from './settle-item.ts';
import { settleRemovals } from './settle-removals.ts';

/** Kept back from an invocation's time for settling its messages. */
const SETTLING_MILLISECONDS = 10_000;
/** SQS leaves a message out of its ages from the third receive on; one that goes back now is received once more. */
const RECEIVES_UNTIL_UNSEEN = 2;

interface RunClock {
  /** Seconds that this invocation, and so any other, has for packing from its beginning. */
  readonly wholeRun: number;
  readonly secondsLeft: () => number;
}

/**
 * A batch of S3 events in, archives out. Every message gets exactly one fate, and is acknowledged only when each of its
 * objects is inside an archive that S3 has accepted, or needs no packing.
 * @param remainingMilliseconds what is left of this invocation
 */
export async function processSourceBatch(
  messages: readonly QueueMessage[],
  remainingMilliseconds: () => number,
  dependencies: SourceDependencies,
): Promise<BatchResponse> {
  const { rule, telemetry, queue, fallback, maxReceives, random } = dependencies;
  const ledger = new BatchLedger(messages);
  const collected = collectObjects(messages, ledger, dependencies);
  const secondsLeft = (): number => (remainingMilliseconds() - SETTLING_MILLISECONDS) / 1000;
  const clock = { wholeRun: secondsLeft(), secondsLeft };
  const settlement = new ItemSettlement(ledger);
  const cut = (some: readonly PackItem[]): PackItem[][] =>
    cutArchives(some, rule.source.maxArchiveBytes, dependencies.limits.resumableBytes);
  const packAll = async (some: readonly PackItem[]): Promise<void> => {
    for (const archive of narrowArchives(some, maxReceives, cut)) {
      await packInTime(archive, clock, settlement, dependencies);
    }
  };
  const { items, deletions } = await settleRemovals(collected, { ledger, settlement }, secondsLeft(), dependencies);
  await packDeletions(deletions, ledger, secondsLeft, dependencies);
  await packAll(items);
  await packAll(await findStoredWrites(settlement, clock.secondsLeft(), dependencies));
  const response = await settleBatch(boundTurns(ledger.settled()), {
    queue,
    fallback,
    maxReceives,
    random,
    onQueueFailure: telemetry.queueFailed.bind(telemetry),
    onFailure: telemetry.messageFailed.bind(telemetry),
  });
  tellReturned(messages, response, dependencies);
  return response;
}

/** Of what waits for another attempt the watermark learns from us, where SQS does not say it. */
function tellReturned(
  messages: readonly QueueMessage[],
  { batchItemFailures }: BatchResponse,
  { telemetry, now }: SourceDependencies,
): void {
  const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const unseen = messages.filter(
    ({ messageId, receiveCount }) => returned.has(messageId) && receiveCount >= RECEIVES_UNTIL_UNSEEN,
  );
  const age = messagesAge(unseen, now);
  if (age !== undefined) telemetry.messagesReturned(age);
}

/**
 * What `decidePlace` says, and what else can happen.
 *
 * | the archive                                   | its items                    |
 * |-----------------------------------------------|------------------------------|
 * | is over an invocation's limits, and one object        | over the limits              |
 * | the same, only by what this process has learned | retry: another may be faster; packed on a later receive |
 * | is over an invocation's limits, and several           | packed in two halves         |
 * | is predicted not to fit what is left          | requeued, unattempted        |
 * | is interrupted by `stop`                       | requeued, unattempted        |
 * | is accepted by S3, now or before              | done                         |
 * | is in progress in another worker             | requeued, due when it may be free |
 * | has too much metadata for one manifest        | packed in two halves         |
 * | failed in a way that one object may explain   | packed in two halves         |
 * | failed                                        | retry or refused, by reason  |
 */
async function packInTime(
  items: readonly PackItem[],
  clock: RunClock,
  settlement: ItemSettlement,
  dependencies: SourceDependencies,
): Promise<void> {
  const settleAll = (outcome: MessageOutcome): void => {
    const toFallback = outcome.kind === 'over-limits' && dependencies.fallback !== undefined;
    if (toFallback || outcome.kind === 'again') {
      const to = toFallback ? 'fallback' : 'queue';
      dependencies.telemetry.objectsDeferred(items.length, itemsAge(items, dependencies.now), to);
    }
    for (const item of items) settlement.settle(item, outcome);
  };
  try {
    const { rule, stop, speed, fallback } = dependencies;
    stop?.throwIfAborted();
    const planned = planLevels(items, clock.secondsLeft(), itemsAge(items, dependencies.now), dependencies);
    const { predicted, works } = planned;
    const [first] = items;
    const seconds = { wholeRun: clock.wholeRun, secondsLeft: clock.secondsLeft() };
    const unlearned = speed.predictUnlearned(works);
    const place =
      fallback === undefined && first !== undefined
        ? placeWithoutFallback(items, { predicted, unlearned, receives: receivesOf(first) }, rule, seconds)
        : placeArchive(items, predicted, rule, seconds);
    if (place === 'elsewhere' && first !== undefined) {
      settleAll({ kind: 'retry', reason: overMeasuredSpeed(first, predicted, unlearned) });
    } else if (place === 'fallback' && first !== undefined) {
      settleAll({ kind: 'over-limits', reason: overLimits(first, predicted, clock.wholeRun, rule) });
    } else if (place === 'halves') {
      await packHalves(items, clock, settlement, dependencies);
    } else if (place === 'again') {
      settleAll({ kind: 'again' });
    } else {
      const { leftOut } = await pack(items, planned, clock.secondsLeft(), dependencies);
      for (const item of items) settlePacked(item, leftOut.get(item), settlement, dependencies);
    }
  } catch (thrown) {
    // Whatever it was that failed, it is the end of the process that made it fail.
    if (dependencies.stop?.aborted === true) settleAll({ kind: 'again' });
    else if (thrown instanceof ArchiveInProgressError) settleAll({ kind: 'again', seconds: thrown.seconds });
    else {
      const error = asCompressorError(thrown);
      if (items.length > 1 && mayBeOneObject(error)) await packHalves(items, clock, settlement, dependencies);
      else settleAll(failedOutcome(error));
    }
  }
}

async function packHalves(...[items, ...rest]: Parameters<typeof packInTime>): Promise<void> {
  const half = Math.ceil(items.length / 2);
  await packInTime(items.slice(0, half), ...rest);
  await packInTime(items.slice(half), ...rest);
}

async function pack(
  items: readonly PackItem[],
  { levels, works }: PlannedLevels,
  seconds: number,
  dependencies: SourceDependencies,
): Promise<BuildResult> {
  const { rule, outboundBucket, telemetry, now, speed, stop } = dependencies;
  using deadline = new Deadline(seconds * 1000, () => timeExceeded(items, seconds), stop);
  const started = now();
  try {
    const result = await buildArchive({ items, levels, signal: deadline.signal }, dependencies);
    const elapsed = (now() - started) / 1000;
    if (result.archive !== undefined) {
      const { location, items: packed, resumed, ...bytes } = result.archive;
      if (!resumed) speed.learn(works, elapsed);
      await levels.learn();
      telemetry.archivePacked({
        rule: rule.id,
        ...location,
        ...bytes,
        objects: packed.length,
        ...largeObjectRequests(packed.map(({ object }) => object.size)),
        levels: levels.shares(),
        seconds: elapsed,
        delaySeconds: itemsAge(packed, now),
      });
    }
    return result;
  } catch (thrown) {
    if (thrown instanceof ArchiveInProgressError) {
      telemetry.archiveInWork({ bucket: outboundBucket, key: thrown.archive }, thrown.seconds);
    }
    if (deadline.reason === undefined) throw thrown;
    speed.learnCutOff(works, (now() - started) / 1000);
    throw deadline.reason;
  }
}

function settlePacked(
  item: PackItem,
  leftOut: LeftOut | undefined,
  settlement: ItemSettlement,
  { telemetry }: SourceDependencies,
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
