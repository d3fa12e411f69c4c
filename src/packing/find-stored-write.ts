import pLimit from 'p-limit';
import { asCompressorError } from '../errors.ts';
import { Deadline } from '../messages/deadline.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import type { PackItem, WrittenObject } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import type { ItemSettlement } from './settle-item.ts';

type FindDependencies = Pick<PackingDependencies, 'store' | 'limits' | 'stop'>;

/**
 * Finds which of several writes to a key is stored after a wrong guess about their order, with one HEAD per key. So no
 * message is requeued for that, and two messages that each hold an earlier and a later write cannot requeue each other
 * forever.
 *
 * | HEAD says                          | then                                                                     |
 * |------------------------------------|--------------------------------------------------------------------------|
 * | the ETag of one of them            | that one is packed; the others are settled                               |
 * | another ETag                       | all are settled: the event of what is stored is another message's        |
 * | nothing exists                     | the last of them is read, since only a GET says why; the others are settled |
 * | a failure                          | all share it                                                             |
 * | nothing in the remaining time      | all are requeued, unattempted                                            |
 *
 * A write after the HEAD raises another event.
 * @param secondsLeft of the invocation
 * @returns the items to pack, without earlier writes
 */
export async function findStoredWrites(
  settlement: ItemSettlement,
  secondsLeft: number,
  { store, limits, stop }: FindDependencies,
): Promise<PackItem[]> {
  const undecided = settlement.takeUndecided();
  if (undecided.length === 0) return [];
  using deadline = new Deadline(1000 * secondsLeft, undefined, stop);
  const { signal } = deadline;
  const looks = pLimit(limits.parallelReads);
  const found = await looks.map(undecided, async (writes) => {
    const [last] = writes;
    if (last === undefined) return [];
    try {
      const stored = await store.head(last.object, signal);
      const first = stored === undefined ? last : writes.find(({ object }) => object.etag === stored.etag);
      const same = writes.filter(({ object }) => object.etag === first?.object.etag);
      for (const write of writes) if (!same.includes(write)) settlement.settleWrite(write, { kind: 'done' });
      return first === undefined ? [] : [itemOf(first, same)];
    } catch (thrown) {
      // Once the signal is aborted, any failure is due to lack of time.
      const outcome: MessageOutcome = signal.aborted ? { kind: 'again' } : failedOutcome(asCompressorError(thrown));
      for (const write of writes) settlement.settleWrite(write, outcome);
      return [];
    }
  });
  return found.flat();
}

function itemOf({ object }: WrittenObject, same: readonly WrittenObject[]): PackItem {
  return { object, messages: same.map(({ message }) => message), superseded: [] };
}
