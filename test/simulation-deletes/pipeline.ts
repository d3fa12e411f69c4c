import { BufferPool } from '../../src/compression/buffer-pool.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import type { PackingDependencies } from '../../src/packing/dependencies.ts';
import { packBatch } from '../../src/packing/process-batch.ts';
import {
  COMPRESSED_BUFFER_SIZE,
  type RestoringDependencies,
  TAR_BUFFER_SIZE,
} from '../../src/restoring/dependencies.ts';
import { restoreBatch } from '../../src/restoring/process-batch.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { FailingObjectStore, type StoreCall } from '../support/failing-object-store.ts';
import { MemoryDeletions } from '../support/memory-deletions.ts';
import type { MemoryMessageQueue } from '../support/memory-message-queue.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { queueMessage } from '../support/notifications.ts';
import { OUTBOUND, SourceServiceHarness } from '../support/source-service.ts';
import { announce, INBOUND, TargetRegion } from '../support/target-region.ts';
import type { Clock } from './clock.ts';
import type { WriteTeller } from './write-teller.ts';

/** Shared by all histories, which run one after the other: allocation takes most of the time of a history. */
const PACKING = createPackingBuffers(1);
const RESTORING = {
  compressed: new BufferPool(COMPRESSED_BUFFER_SIZE, 2),
  tar: new BufferPool(TAR_BUFFER_SIZE, 2),
};

/** What disturbs a run of a service: calls that fail, and turns that other runs get in between. */
export interface Disturbance {
  readonly failing: Readonly<Partial<Record<StoreCall, readonly number[]>>>;
  readonly moment: 'before' | 'after';
  /** Turns that the n-th call waits; the list repeats. */
  readonly pauses: readonly number[];
  readonly memoryFailing: readonly number[];
}

export const CALM: Disturbance = { failing: {}, moment: 'before', pauses: [], memoryFailing: [] };

/** What all parts of a history share. */
export interface Ground {
  readonly clock: Clock;
  /** Absent: conditions are those of S3. */
  readonly teller?: WriteTeller | undefined;
}

/** A region where a pipeline ends. */
export interface Arrival {
  readonly region: string;
  /** Holds the inbound bucket and the destinations. */
  readonly memory: MemoryObjectStore;
  /** As the target service sees it. */
  readonly store: ObjectStore;
}

interface TargetState {
  readonly deletions: MemoryDeletions;
  readonly dependencies: RestoringDependencies;
  readonly queue: MemoryMessageQueue;
  readonly store: ObjectStore;
  readonly memory: MemoryObjectStore;
  waiting: QueueMessage[];
}

interface Archive {
  readonly key: string;
  readonly bytes: Buffer;
}

/**
 * One rule: its source function, replication, and a target function in each region; the queues do not keep any order.
 */
export class Pipeline {
  readonly #clock: Clock;
  readonly #teller: WriteTeller | undefined;
  readonly #source: PackingDependencies;
  readonly #sourceStore: ObjectStore;
  readonly #sourceMemory: MemoryObjectStore;
  readonly #sourceQueue: MemoryMessageQueue;
  readonly #outbound: string;
  readonly #targets: TargetState[];
  readonly #archives: Archive[] = [];
  #events: QueueMessage[] = [];
  #traveling: { readonly archive: Archive; readonly target: TargetState }[] = [];

  constructor(
    rule: ReplicationRule,
    source: { readonly memory: MemoryObjectStore; readonly ownPrincipals: readonly string[]; readonly name: string },
    arrivals: readonly Arrival[],
    { clock, teller }: Ground,
  ) {
    this.#clock = clock;
    this.#teller = teller;
    this.#outbound = `${OUTBOUND}-${source.name}`;
    this.#sourceMemory = source.memory;
    this.#sourceStore = source.memory;
    const harness = new SourceServiceHarness({ rule, ownPrincipals: source.ownPrincipals });
    this.#sourceQueue = harness.queue;
    this.#source = {
      ...harness.dependencies,
      store: source.memory,
      outboundBucket: this.#outbound,
      buffers: PACKING,
      maxReceives: 100_000,
      now: clock.now,
    };
    this.#targets = arrivals.map(({ region, memory, store }) => {
      const deletions = new MemoryDeletions();
      const { dependencies, queue } = new TargetRegion({
        rules: [rule],
        now: clock.now,
        dependencies: { region, deletions, maxReceives: 100_000, buffers: RESTORING },
      });
      return { deletions, dependencies, queue, store, memory, waiting: [] };
    });
  }

  /** S3 or a user sends a message to the rule's queue. */
  readonly notify = (body: string): void => {
    this.#events.push(queueMessage(body));
  };

  get isIdle(): boolean {
    return (
      this.#events.length + this.#traveling.length === 0 && this.#targets.every(({ waiting }) => waiting.length === 0)
    );
  }

  get letters(): string[] {
    return [this.#sourceQueue, ...this.#targets.map(({ queue }) => queue)].flatMap(({ letters }) =>
      letters.map(({ reason }) => `${reason.code}: ${reason.message}`),
    );
  }

  /**
   * A run of the source function with some of the waiting messages.
   * @param twice SQS keeps them, and redelivers them
   */
  async pack(pick: number, count: number, twice: boolean, disturbance: Disturbance): Promise<void> {
    const batch = take(this.#events, pick, count);
    if (batch.length === 0) return;
    if (!twice) this.#events = this.#events.filter((message) => !batch.includes(message));
    const store = disturb(this.#sourceStore, disturbance);
    const response = await packBatch(batch, () => 900_000, { ...this.#source, store });
    const failed = returned(batch, response);
    const requeued = this.#sourceQueue.again.splice(0);
    if (!twice) this.#events.push(...failed, ...requeued);
    for (const key of this.#sourceMemory.keys(this.#outbound)) {
      const bytes = this.#sourceMemory.look({ bucket: this.#outbound, key })?.body ?? Buffer.alloc(0);
      this.#sourceMemory.erase({ bucket: this.#outbound, key });
      const archive = { key, bytes };
      this.#archives.push(archive);
      this.#traveling.push(...this.#targets.map((target) => ({ archive, target })));
    }
  }

  /** One archive arrives in one region. */
  async replicate(pick: number): Promise<void> {
    const [next] = take(this.#traveling, pick, 1);
    if (next === undefined) return;
    this.#traveling = this.#traveling.filter((one) => one !== next);
    await arrive(next.archive, next.target);
  }

  /** An archive arrives again, even long after its restore: a resend, or a redriven message. */
  async resend(pick: number): Promise<void> {
    const [archive] = take(this.#archives, pick, 1);
    const [target] = take(this.#targets, pick, 1);
    if (archive !== undefined && target !== undefined) await arrive(archive, target);
  }

  /** Two concurrent runs of a target function. @param twice as above */
  async restore(pick: number, count: number, twice: boolean, disturbance: Disturbance): Promise<void> {
    const [target] = take(this.#targets, pick, 1);
    if (target === undefined) return;
    const first = take(target.waiting, pick, count);
    const second = twice
      ? first
      : take(
          target.waiting.filter((message) => !first.includes(message)),
          pick,
          count,
        );
    const taken = new Set([...first, ...second]);
    target.waiting = target.waiting.filter((message) => !taken.has(message));
    target.deletions.failing = disturbance.memoryFailing;
    const disturbed = disturb(target.store, disturbance);
    const runs = await Promise.all(
      [first, second].map(async (batch) => {
        const response = await restoreBatch(batch, () => 600_000, {
          ...target.dependencies,
          store: this.#teller?.watch(disturbed) ?? disturbed,
          deletions: target.deletions,
        });
        return returned(batch, response);
      }),
    );
    target.deletions.failing = [];
    const requeued = target.queue.again.splice(0);
    const failed = new Map([...runs.flat(), ...requeued].map((message) => [message.messageId, message]));
    target.waiting.push(...failed.values());
  }

  /** Processes everything that waits, without further disturbance. */
  async settle(): Promise<void> {
    while (this.#events.length > 0) await this.pack(0, this.#events.length, false, CALM);
    while (this.#traveling.length > 0) await this.replicate(0);
    for (const [index, { waiting }] of this.#targets.entries()) {
      if (waiting.length > 0) await this.restore(index, waiting.length, false, CALM);
    }
    this.#clock.advance(60_000);
  }
}

async function arrive({ key, bytes }: Archive, target: TargetState): Promise<void> {
  const etag = await target.memory.place({ bucket: INBOUND, key }, bytes);
  target.waiting.push(announce(key, etag, bytes.length));
}

/** Some items of a list, from an index on, continuing at its start. */
function take<T>(list: readonly T[], pick: number, count: number): T[] {
  return Array.from({ length: Math.min(count, list.length) }, (_, index) => list[(pick + index) % list.length]).filter(
    (item) => item !== undefined,
  );
}

function returned(
  batch: readonly QueueMessage[],
  { batchItemFailures }: { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] },
): QueueMessage[] {
  const ids = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return batch
    .filter(({ messageId }) => ids.has(messageId))
    .map((message) => ({ ...message, receiveCount: message.receiveCount + 1 }));
}

function disturb(store: ObjectStore, { failing, moment, pauses }: Disturbance): ObjectStore {
  let calls = 0;
  const hold = (): Promise<void> | undefined => {
    const turns = pauses.length === 0 ? 0 : (pauses[calls % pauses.length] ?? 0);
    calls += 1;
    return turns === 0 ? undefined : waitTurns(turns);
  };
  return new FailingObjectStore(store, failing, { moment, hold });
}

async function waitTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}
