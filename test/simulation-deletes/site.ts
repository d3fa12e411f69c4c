import { backfillMessage, orderOfListed } from '../../src/messages/backfill-message.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { s3Notification } from '../support/notifications.ts';
import type { Clock } from './clock.ts';

/** Content of an object, or null for a delete marker. */
interface Version {
  readonly id: string;
  readonly content: string | null;
  /** Its Last-Modified: milliseconds since 1970. */
  readonly modified: number;
}

/** What a destination may end with: one of these contents, null for nothing. */
export interface Expectation {
  readonly replicating: ReadonlySet<string | null>;
  /** Where deletions are ignored. */
  readonly keeping: ReadonlySet<string | null>;
}

/** `list`: a backfill or a repair finds what is current, and has it packed. */
export type UserAction = 'put' | 'delete' | 'undelete' | 'remove-version' | 'expire' | 'list';

export interface SiteOptions {
  readonly store: MemoryObjectStore;
  readonly bucket: string;
  readonly versioned: boolean;
  /** Whether the rule replicates deletions by lifecycle. */
  readonly lifecycleDeletes: boolean;
  readonly clock: Clock;
  /** Told of each event of the bucket. */
  readonly emit: (body: string) => void;
}

/**
 * A bucket that users write to, with its versions and its events, and the model of what its destinations are to have. It is
 * written from S3's documentation, and knows nothing of the product.
 */
export class Site {
  readonly #options: SiteOptions;
  readonly #versions = new Map<string, Version[]>();
  readonly #allowed = new Map<string, ReadonlySet<string | null>>();
  readonly #ever = new Map<string, Set<string | null>>();
  #ids = 0;

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  get keys(): string[] {
    return [...this.#ever.keys()];
  }

  expectation(key: string): Expectation {
    const current = this.#current(key);
    const ever = this.#ever.get(key) ?? new Set([null]);
    const replicating = this.#allowed.get(key) ?? new Set([null]);
    return { replicating, keeping: current === null ? ever : new Set([current]) };
  }

  async act(action: UserAction, key: string, content: string): Promise<void> {
    this.#options.clock.advance(1000);
    if (!this.#ever.has(key)) this.#ever.set(key, new Set([null]));
    if (action === 'put') await this.#put(key, content);
    else if (action === 'delete') this.#delete(key, 'ObjectRemoved', new Set([null]));
    else if (action === 'expire') this.#expire(key);
    else if (action === 'list') this.#list(key);
    else await this.#removeCurrent(key, action);
  }

  async #put(key: string, content: string): Promise<void> {
    const { store, bucket, versioned } = this.#options;
    const version = { id: this.#nextId(), content, modified: this.#options.clock.now() };
    this.#versions.set(key, versioned ? [...this.#of(key), version] : [version]);
    this.#ever.get(key)?.add(content);
    this.#allowed.set(key, new Set([content]));
    const body = Buffer.from(content);
    const etag = await store.place({ bucket, key }, body);
    this.#tell('ObjectCreated:Put', key, { size: body.length, etag, ...this.#named(version.id) });
  }

  /** A delete without a version. S3 makes a marker even where nothing is; without versions it has nothing to tell then. */
  #delete(key: string, cause: string, allowed: ReadonlySet<string | null>): void {
    const { store, bucket, versioned } = this.#options;
    if (!versioned && this.#current(key) === null) return;
    const marker = { id: this.#nextId(), content: null, modified: this.#options.clock.now() };
    this.#versions.set(key, versioned ? [...this.#of(key), marker] : []);
    this.#allowed.set(key, allowed);
    store.erase({ bucket, key });
    this.#tell(`${cause}:${versioned ? 'DeleteMarkerCreated' : 'Delete'}`, key, this.#named(marker.id));
  }

  #list(key: string): void {
    const { store, bucket, clock, emit } = this.#options;
    const modified = this.#of(key).at(-1)?.modified;
    const found = store.look({ bucket, key })?.description;
    if (found === undefined || modified === undefined) return;
    const { etag, size } = found;
    emit(backfillMessage({ bucket, key, etag, size, order: orderOfListed(modified) }, clock.now()));
  }

  /** A lifecycle leaves alone what is deleted already. */
  #expire(key: string): void {
    if (this.#current(key) === null) return;
    const replicated = this.#options.lifecycleDeletes;
    // Nobody says that the destinations have to have what was current, or that they may not.
    this.#delete(key, 'LifecycleExpiration', replicated ? new Set([null]) : this.#anything(key));
  }

  /** Removes the current version for good: the marker (`undelete`), or whatever it is. */
  async #removeCurrent(key: string, action: 'undelete' | 'remove-version'): Promise<void> {
    const { store, bucket, versioned } = this.#options;
    const last = this.#of(key).at(-1);
    if (!versioned || last === undefined || (action === 'undelete' && last.content !== null)) return;
    this.#versions.set(key, this.#of(key).slice(0, -1));
    const current = this.#current(key);
    if (current !== null) {
      this.#allowed.set(key, new Set([current]));
      await store.place({ bucket, key }, Buffer.from(current));
    } else {
      if (last.content !== null) this.#allowed.set(key, this.#anything(key));
      store.erase({ bucket, key });
    }
    this.#tell('ObjectRemoved:Delete', key, { versionId: last.id });
  }

  #tell(eventName: string, key: string, facts: object): void {
    const { bucket, clock, emit } = this.#options;
    const eventTime = new Date(clock.now()).toISOString();
    emit(s3Notification({ bucket, key, eventName, eventTime, sequencer: clock.nextSequencer(), ...facts }));
  }

  #anything(key: string): ReadonlySet<string | null> {
    return new Set(this.#ever.get(key));
  }

  #named(versionId: string): { versionId?: string } {
    return this.#options.versioned ? { versionId } : {};
  }

  #current(key: string): string | null {
    return this.#of(key).at(-1)?.content ?? null;
  }

  #of(key: string): Version[] {
    return this.#versions.get(key) ?? [];
  }

  #nextId(): string {
    this.#ids += 1;
    return `v${this.#ids}`;
  }
}
