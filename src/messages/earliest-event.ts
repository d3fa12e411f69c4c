import { CompressorError } from '../errors.ts';
import { type ObjectCreated, parseNotification } from './parse-notification.ts';

/**
 * The time of the earliest write in a message, in milliseconds since 1970. Queues count age from the sending of a
 * message, which says little about one that was requeued.
 * @returns undefined if all of them were queued by a backfill, or the message cannot be read
 */
export function earliestEvent(body: string): number | undefined {
  try {
    const { created, removed } = parseNotification(body);
    return earliestOf([...created, ...removed]);
  } catch (thrown) {
    if (thrown instanceof CompressorError) return undefined;
    throw thrown;
  }
}

/**
 * When the earliest of these was written, in milliseconds since 1970. Objects queued by a backfill were written long
 * ago and are not late.
 * @returns undefined if there are no others
 */
export function earliestOf(objects: readonly Pick<ObjectCreated, 'eventTime' | 'backfilledAt'>[]): number | undefined {
  let earliest: number | undefined;
  for (const { eventTime, backfilledAt } of objects) {
    if (backfilledAt === undefined && !(earliest !== undefined && earliest <= eventTime)) earliest = eventTime;
  }
  return earliest;
}
