import { CompressorError } from '../errors.ts';
import { parseNotification } from './parse-notification.ts';

/**
 * When the earliest write was that a message tells of, in milliseconds since 1970. Queues count from when a message was
 * sent, which says little about one that was sent again.
 * @returns undefined when it tells of none, or cannot be read
 */
export function earliestEvent(body: string): number | undefined {
  try {
    const times = parseNotification(body).created.map(({ eventTime }) => eventTime);
    return times.length === 0 ? undefined : Math.min(...times);
  } catch (thrown) {
    if (thrown instanceof CompressorError) return undefined;
    throw thrown;
  }
}
