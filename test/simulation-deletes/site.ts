import { backfillMessage, orderOfListedObject } from '../../src/messages/backfill-message.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { eventBridgeNotification, s3Notification } from '../support/notifications.ts';
import type { Clock } from './clock.ts';

/** Content of an object, or null for a delete marker. */
interface Version {
  readonly id: string;
  readonly content: string | null;
  /** Its Last-Modified: milliseconds since 1970. */
  readonly modified: number;
}

/** The allowed final contents of a destination; null means no object. */
export interface Expectation {
  readonly replicating: ReadonlySet<string | null>;
  /** For destinations that ignore deletions. */
  readonly keeping: ReadonlySet<string | null>;
}

/**
 * `list`: a backfill or a repair finds the current object and queues it. `remove-version` removes the current version,
 * `remove-old` another.
 */
export type UserAction = 'put' | 'delete' | 'undelete' | 'remove-version' | 'remove-old' | 'expire' | 'list';

/**
 * How the rule learns of an action. `unordered`: by EventBridge, and a removal without a sequencer. `lost`: not at all,
 * as while the rule drains; this applies only to actions that a repair can correct, others are sent as by S3.
 */
export type Telling = 's3' | 'event-bridge' | 'unordered' | 'lost';

export interface SiteOptions {
  readonly store: MemoryObjectStore;
  readonly bucket: string;
  readonly versioned: boolean;
  /** Whether the rule replicates deletions by lifecycle. */
  readonly lifecycleDeletes: boolean;
  readonly clock: Clock;
  /** Called with each event of the bucket. */
  readonly emit: (body: string) => void;
}

/**
 * A bucket that users write to, with its versions and events, and the model of what its destinations should contain. It
 * follows S3's documentation, and knows nothing about the product.
 */
export class Site {
  readonly #options: SiteOptions;
  readonly #versions = new Map<string, Version[]>();
  readonly #allowed = new Map<string, ReadonlySet<string | null>>();
  readonly #ever = new Map<string, Set<string | null>>();
  /** Keys with a lost event that nothing has repaired. */
  readonly #lost = new Set<string>();
  readonly #writes = new Map<string, number>();
  #telling: Telling = 's3';
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
    return { replicating, keeping: this.isKnown(key) ? new Set([current]) : ever };
  }

  /** How often a key was written, counting only writes with an event. */
  writes(key: string): number {
    return this.#writes.get(key) ?? 0;
  }

  /** Whether an object exists and the rule got its event: otherwise its last write may never arrive. */
  isKnown(key: string): boolean {
    return this.#current(key) !== null && !this.#lost.has(key);
  }

  /** Sends every existing object, like `verify --repair` and a backfill of everything. Nothing is under way. */
  repair(): void {
    this.#options.clock.advance(1000);
    for (const key of this.keys) {
      const current = this.#current(key);
      this.#list(key);
      if (current === null || !this.#lost.delete(key)) continue;
      this.#allowed.set(key, new Set([current]));
    }
  }

  async act(action: UserAction, key: string, content: string, told: Telling): Promise<void> {
    this.#options.clock.advance(1000);
    const canBeLost = action === 'put' || action === 'undelete';
    this.#telling = told === 'lost' && !canBeLost ? 's3' : told;
    if (!this.#ever.has(key)) this.#ever.set(key, new Set([null]));
    if (action === 'put') await this.#put(key, content);
    else if (action === 'delete') this.#delete(key, 'ObjectRemoved', new Set([null]));
    else if (action === 'expire') this.#expire(key);
    else if (action === 'list') this.#list(key);
    else if (action === 'remove-old') this.#removeOld(key);
    else await this.#removeCurrent(key, action);
  }

  async #put(key: string, content: string): Promise<void> {
    const { store, bucket, versioned } = this.#options;
    const version = { id: this.#nextId(), content, modified: this.#options.clock.now() };
    this.#versions.set(key, versioned ? [...this.#of(key), version] : [version]);
    this.#ever.get(key)?.add(content);
    this.#allow(key, content);
    if (this.#telling !== 'lost') this.#writes.set(key, this.writes(key) + 1);
    const body = Buffer.from(content);
    const etag = await store.place({ bucket, key }, body);
    this.#tell('ObjectCreated:Put', key, { size: body.length, etag, ...this.#named(version.id) });
  }

  /**
   * A delete without a version id. S3 makes a marker even if there is no object; in a bucket without versioning it then
   * sends no event.
   */
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
    emit(backfillMessage({ bucket, key, etag, size, order: orderOfListedObject(modified) }, clock.now()));
  }

  /** A lifecycle rule leaves alone what is already deleted. */
  #expire(key: string): void {
    if (this.#current(key) === null) return;
    const replicated = this.#options.lifecycleDeletes;
    // Destinations that do not replicate it may have the current object or not.
    this.#delete(key, 'LifecycleExpiration', replicated ? new Set([null]) : this.#anything(key));
  }

  /** Permanently removes the current version: the marker (`undelete`), or any version. */
  async #removeCurrent(key: string, action: 'undelete' | 'remove-version'): Promise<void> {
    const { store, bucket, versioned } = this.#options;
    const last = this.#of(key).at(-1);
    if (!versioned || last === undefined || (action === 'undelete' && last.content !== null)) return;
    this.#versions.set(key, this.#of(key).slice(0, -1));
    const current = this.#current(key);
    if (current !== null) {
      if (action === 'undelete') this.#allow(key, current);
      else this.#allowed.set(key, new Set([current]));
      await store.place({ bucket, key }, Buffer.from(current));
    } else {
      if (last.content !== null) this.#allowed.set(key, this.#anything(key));
      store.erase({ bucket, key });
    }
    this.#tell('ObjectRemoved:Delete', key, { versionId: last.id });
  }

  /** A user cleans up by hand: the current version stays the same. */
  #removeOld(key: string): void {
    const versions = this.#of(key);
    const old = versions.at(-2);
    if (!this.#options.versioned || old === undefined) return;
    this.#versions.set(
      key,
      versions.filter((version) => version !== old),
    );
    this.#tell('ObjectRemoved:Delete', key, { versionId: old.id });
  }

  /** The current object must arrive if the rule gets its event. */
  #allow(key: string, current: string): void {
    if (this.#telling === 'lost') {
      this.#lost.add(key);
      this.#allowed.set(key, this.#anything(key));
    } else {
      this.#lost.delete(key);
      this.#allowed.set(key, new Set([current]));
    }
  }

  #tell(eventName: string, key: string, facts: object): void {
    const { bucket, clock, emit } = this.#options;
    const eventTime = new Date(clock.now()).toISOString();
    const sequencer = clock.nextSequencer();
    // Creations always have their sequencer.
    const isOrdered = this.#telling !== 'unordered' || eventName.startsWith('ObjectCreated:');
    const event = { bucket, key, eventName, eventTime, ...(isOrdered ? { sequencer } : {}), ...facts };
    if (this.#telling === 's3') emit(s3Notification(event));
    else if (this.#telling !== 'lost') emit(eventBridgeNotification(event));
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
