import { CompressorError } from '../errors.ts';
import { type ObjectCreated, parseNotification } from './parse-notification.ts';

/**
 * When the earliest write was that a message tells of, in milliseconds since 1970. Queues count from when a message was
 * sent, which says little about one that was requeued.
 * @returns undefined when it tells of none but those that a backfill has queued, or cannot be read
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
 * When the earliest of these was written, in milliseconds since 1970. What a backfill has queued was written long ago and is
 * not late.
 * @returns undefined when there is none else
 */
export function earliestOf(objects: readonly Pick<ObjectCreated, 'eventTime' | 'backfilledAt'>[]): number | undefined {
  let earliest: number | undefined;
  for (const { eventTime, backfilledAt } of objects) {
    if (backfilledAt === undefined && !(earliest !== undefined && earliest <= eventTime)) earliest = eventTime;
  }
  return earliest;
}
