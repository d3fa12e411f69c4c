import { earliestEvent, earliestOf } from '../messages/earliest-event.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import type { PackItem } from './collect-objects.ts';

/** Seconds since the earliest event in messages; undefined if there is none. */
export function messagesAge(messages: readonly QueueMessage[], now: () => number): number | undefined {
  const earliest = messages.flatMap(({ body }) => earliestEvent(body) ?? []);
  return earliest.length === 0 ? undefined : Math.max(0, now() - Math.min(...earliest)) / 1000;
}

/** Seconds since the earliest event; 0 if a backfill has queued all of them. */
export function itemsAge(
  items: readonly { readonly object: Pick<PackItem['object'], 'eventTime' | 'backfilledAt'> }[],
  now: () => number,
): number {
  const earliest = earliestOf(items.map(({ object }) => object));
  return earliest === undefined ? 0 : Math.max(0, now() - earliest) / 1000;
}
