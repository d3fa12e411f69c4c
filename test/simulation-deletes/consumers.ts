import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import type { Clock } from './clock.ts';
import type { Site } from './site.ts';

/** `edit`: in place, by a tool that keeps metadata. */
export type ConsumerAction = 'delete' | 'edit';

export const EDITED = 'edited by a consumer';

/** Users who read and change a destination: their changes may stay until the key is written again at the source. */
export class Consumers {
  readonly #bucket: string;
  readonly #memory: MemoryObjectStore;
  readonly #clock: Clock;
  /** By key: how often it was written at the source before the change. */
  readonly #changed = new Map<string, number>();

  constructor(bucket: string, memory: MemoryObjectStore, clock: Clock) {
    this.#bucket = bucket;
    this.#memory = memory;
    this.#clock = clock;
  }

  async act(action: ConsumerAction, key: string, writes: number): Promise<void> {
    this.#clock.advance(1000);
    const location = { bucket: this.#bucket, key };
    const found = this.#memory.look(location);
    if (found === undefined) return;
    this.#changed.set(key, writes);
    const { metadata } = found.description;
    if (action === 'delete') this.#memory.erase(location);
    else await this.#memory.place(location, Buffer.from(EDITED), { metadata });
  }

  /** What may be at the key because of their changes. */
  leave(key: string, site: Pick<Site, 'writes' | 'isKnown'>): readonly (string | null)[] {
    const changed = this.#changed.get(key);
    if (changed === undefined) return [];
    return changed === site.writes(key) || !site.isKnown(key) ? [EDITED, null] : [];
  }
}
