import type { ExistingObjectQueue } from '../../backfill/dependencies.ts';
import type { RateLimiter } from '../../backfill/rate-limiter.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import { backfillMessage, type ExistingWrite, orderOfListedObject } from '../../messages/backfill-message.ts';
import type { CopyFinding } from '../../verifying/dependencies.ts';

/**
 * Queues the objects that a query of inventories found to be missing or older. Copies with a different size are
 * skipped: the order that replaces them depends on their stamp, which no inventory contains.
 */
export class FindingsRepair {
  readonly #rule: ReplicationRule;
  readonly #queue: ExistingObjectQueue;
  readonly #pace: RateLimiter;
  readonly #signal: AbortSignal;
  #writes: ExistingWrite[] = [];
  #queued = 0;

  constructor(rule: ReplicationRule, queue: ExistingObjectQueue, pace: RateLimiter, signal: AbortSignal) {
    this.#rule = rule;
    this.#queue = queue;
    this.#pace = pace;
    this.#signal = signal;
  }

  /**
   * @param row columns of `selectFindings`
   * @throws UnavailableQueueError, the reason of the signal
   */
  async add({ kind, key, sourceSize = 0 }: CopyFinding, row: readonly string[]): Promise<void> {
    const [etag = '', modified = ''] = row.slice(4);
    if ((kind !== 'missing' && kind !== 'older') || etag === '' || modified === '') return;
    const { bucket } = this.#rule.source;
    this.#writes.push({ bucket, key, etag, size: sourceSize, order: orderOfListedObject(1000 * Number(modified)) });
    if (this.#writes.length >= this.#pace.chunk) await this.#send();
  }

  /** @returns objects that were queued @throws UnavailableQueueError, the reason of the signal */
  async finish(): Promise<number> {
    if (this.#writes.length > 0) await this.#send();
    return this.#queued;
  }

  async #send(): Promise<void> {
    const writes = this.#writes.splice(0);
    const bytes = writes.reduce((sum, { size }) => sum + size, 0);
    await this.#pace.admit(writes.length, bytes, this.#signal);
    this.#signal.throwIfAborted();
    const now = Date.now();
    await this.#queue.send(writes.map((write) => backfillMessage(write, now)));
    this.#queued += writes.length;
  }
}
