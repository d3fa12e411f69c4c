import { type Checkpoint, type CheckpointLease, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { CheckpointStore } from './dependencies.ts';
import { HeldCheckpointError, InvalidCheckpointError } from './errors.ts';

/** The process that keeps a checkpoint. */
export type CheckpointOwner = Omit<CheckpointLease, 'expiresAt'>;

export interface KeeperDependencies {
  readonly store: CheckpointStore;
  readonly owner: CheckpointOwner;
  /** Whether a process exists on this machine. */
  readonly isRunning: (process: number) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls `work` repeatedly, until the result is disposed of. */
  readonly repeat: (milliseconds: number, work: () => void) => Disposable;
}

/** What a run records; the keeper adds when it was saved, and by whom. */
export type CheckpointContent = Omit<Checkpoint, 'lease' | 'savedAt'>;

/** The lease expires after this long without a renewal. */
const LEASE_MS = 60_000;
/** A run may wait for hours between two chunks. */
const RENEWAL_MS = 20_000;

/**
 * Keeps the checkpoint of one run, so that no two runs work at the same time. The first save takes the lease, unless
 * someone else has saved since it was loaded; the lease is renewed while the run lasts, and released at its end.
 *
 * | the checkpoint                                     | may be taken over |
 * |----------------------------------------------------|-------------------|
 * | has no lease, or is finished                       | yes               |
 * | its lease has expired                              | yes               |
 * | its owner is this process                          | yes               |
 * | its owner is on this machine, and no longer exists | yes               |
 * | anything else                                      | no                |
 */
export class CheckpointKeeper implements AsyncDisposable {
  readonly #dependencies: KeeperDependencies;
  readonly #lost = new AbortController();
  #kept: CheckpointContent | undefined;
  #isReleased = false;
  #renewals: Disposable | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(dependencies: KeeperDependencies) {
    this.#dependencies = dependencies;
  }

  /** Aborts when another run takes the checkpoint. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * @param options `forget`: ignore its contents
   * @throws HeldCheckpointError, InvalidCheckpointError
   */
  async load(
    kind: Checkpoint['kind'],
    rule: string,
    { forget }: { readonly forget: boolean },
  ): Promise<Checkpoint | undefined> {
    const text = await this.#dependencies.store.load();
    if (text === undefined) return undefined;
    try {
      const found = decodeCheckpoint(text, kind, rule);
      if (this.#isHeld(found)) throw heldBy(found);
      return forget ? undefined : found;
    } catch (thrown) {
      if (forget && thrown instanceof InvalidCheckpointError) return undefined;
      throw thrown;
    }
  }

  /** @throws HeldCheckpointError */
  async save(content: CheckpointContent): Promise<void> {
    this.#kept = content;
    await this.#write(content, !content.finished);
    this.#renewals ??= this.#dependencies.repeat(RENEWAL_MS, () => {
      if (this.#kept === undefined || this.#isReleased) return;
      // A failed renewal may succeed the next time. A lost lease ends the run through `lost`.
      this.#write(this.#kept, true).catch(() => undefined);
    });
  }

  /** Releases the lease. If that fails, it expires. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#renewals?.[Symbol.dispose]();
    await this.#saving;
    if (this.#kept === undefined || this.#isReleased || this.lost.aborted) return;
    await this.#write(this.#kept, false).catch(() => undefined);
  }

  /** One at a time: each save replaces the one before. */
  #write(content: CheckpointContent, isHeld: boolean): Promise<void> {
    const writing = this.#saving.then(() => this.#put(content, isHeld));
    this.#saving = writing.catch(() => undefined);
    return writing;
  }

  async #put(content: CheckpointContent, isHeld: boolean): Promise<void> {
    this.lost.throwIfAborted();
    const { store, owner, now } = this.#dependencies;
    const time = now();
    const lease = { ...owner, expiresAt: new Date(time + LEASE_MS).toISOString() };
    const savedAt = new Date(time).toISOString();
    try {
      await store.save(encodeCheckpoint({ ...content, savedAt, ...(isHeld ? { lease } : {}) }));
      this.#isReleased = !isHeld;
    } catch (thrown) {
      if (!(thrown instanceof HeldCheckpointError)) throw thrown;
      const error = await this.#nameHolder(content, thrown);
      this.#lost.abort(error);
      throw error;
    }
  }

  async #nameHolder({ kind, rule }: CheckpointContent, thrown: HeldCheckpointError): Promise<HeldCheckpointError> {
    const text = await this.#dependencies.store.load();
    return text === undefined ? thrown : heldBy(decodeCheckpoint(text, kind, rule));
  }

  #isHeld({ lease, finished }: Checkpoint): boolean {
    const { owner, isRunning, now } = this.#dependencies;
    if (lease === undefined || finished || Date.parse(lease.expiresAt) <= now()) return false;
    return lease.machine !== owner.machine || (lease.process !== owner.process && isRunning(lease.process));
  }
}

function heldBy({ kind, rule, lease }: Checkpoint): HeldCheckpointError {
  const what = kind === 'backfill' ? 'backfill' : 'verification';
  const who = lease === undefined ? 'its checkpoint was saved a moment ago' : `${lease.owner} runs it`;
  const until = lease === undefined ? '' : ` and renews its lease, now until ${lease.expiresAt}`;
  return new HeldCheckpointError(
    `Another ${what} of rule ${rule} is in progress: ${who}${until}. Stop it, or wait until it ends; then continue it with --resume.`,
    { context: { kind, rule, owner: lease?.owner, expiresAt: lease?.expiresAt } },
  );
}
