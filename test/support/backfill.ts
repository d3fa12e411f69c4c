import type { Clock, EntrySource, ExistingObjectQueue } from '../../src/backfill/dependencies.ts';
import type { ListedObject } from '../../src/listing/dependencies.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';

export const LAST_MODIFIED = Date.UTC(2026, 10, 23, 10);

export function listedObject(key: string, more: Partial<ListedObject> = {}): ListedObject {
  return { key, size: 10, etag: `etag of ${key}`, lastModified: LAST_MODIFIED, storageClass: 'STANDARD', ...more };
}

/** A clock whose sleeps take no time. */
export class SkippingClock implements Clock {
  #now = LAST_MODIFIED;
  /** Milliseconds of each sleep. */
  readonly sleeps: number[] = [];

  readonly now = (): number => this.#now;

  readonly sleep = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    await Promise.resolve();
    signal.throwIfAborted();
    this.sleeps.push(milliseconds);
    this.#now += milliseconds;
  };

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** Objects in pages of a given size; a position is a number of objects. */
export function pagedSource(objects: readonly ListedObject[], pageSize: number): EntrySource {
  return {
    async *read(after, signal) {
      for (let at = Number(after ?? 0); at < objects.length; at += pageSize) {
        await Promise.resolve();
        signal.throwIfAborted();
        const begin = at;
        yield { entries: objects.slice(at, at + pageSize), positionAfter: (index) => String(begin + index + 1) };
      }
    },
  };
}

/** Keeps all messages that it receives; `before` may throw, or end the run. */
export class RecordingQueue implements ExistingObjectQueue {
  readonly bodies: string[] = [];
  readonly #before: (sent: number) => void;

  constructor(before: (sent: number) => void = () => undefined) {
    this.#before = before;
  }

  async send(bodies: readonly string[]): Promise<void> {
    await Promise.resolve();
    this.#before(this.bodies.length);
    this.bodies.push(...bodies);
  }

  get keys(): string[] {
    return this.bodies.flatMap((body) => parseNotification(body).created.map(({ key }) => key));
  }
}
