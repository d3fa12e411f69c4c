import { Buffer } from 'node:buffer';
import { createFixedLevel } from '../../src/adaptive/fixed-level.ts';
import type { CompressedFrame, ProbedFrame } from '../../src/compression/frame-contract.ts';
import type { FrameCompression } from '../../src/compression/frame-pool.ts';
import { runFrameTask } from '../../src/compression/run-frame-task.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import type { BatchResponse } from '../../src/messages/settle-batch.ts';
import type { PackingDependencies } from '../../src/packing/dependencies.ts';
import { PackingSpeed } from '../../src/packing/packing-speed.ts';
import { packBatch } from '../../src/packing/process-batch.ts';
import { TagPermission } from '../../src/packing/tag-permission.ts';
import type { WriteTarget } from '../../src/storage/object-store.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { MemoryMessageQueue } from './memory-message-queue.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { EVENT_TIME, type EventFacts, queueMessage, s3Notification } from './notifications.ts';
import { RecordingPackingTelemetry } from './recording-packing-telemetry.ts';
import { exampleRule } from './rules.ts';

/** Compresses frames on the calling thread: unit tests start no worker. */
export const inlineCompression: FrameCompression = {
  threads: 1,
  compress: (task) => Promise.resolve(runFrameTask(task) as CompressedFrame),
  probe: (task) => Promise.resolve(runFrameTask(task) as ProbedFrame),
};

export const OUTBOUND = 'outbound-bucket';
export const PROGRESS = 'progress-bucket';

/** Events in tests always have the same time; none is old unless a test makes it so. */
const SOON_AFTER_EVENTS = Date.parse(EVENT_TIME) + 1000;

/** A source service over storage and queue in memory, with methods for tests to use and inspect it. */
export class SourceServiceHarness {
  readonly memory: MemoryObjectStore;
  readonly queue = new MemoryMessageQueue();
  readonly telemetry = new RecordingPackingTelemetry();
  readonly dependencies: PackingDependencies;
  /** Milliseconds per run. */
  remaining = 900_000;

  constructor(overrides: Partial<PackingDependencies> = {}) {
    this.memory = new MemoryObjectStore(overrides.now === undefined ? {} : { now: overrides.now });
    this.dependencies = {
      rule: exampleRule(),
      outboundBucket: OUTBOUND,
      resuming: { bucket: PROGRESS, ownershipSeconds: 180, inProgress: new Set() },
      store: this.memory,
      queue: this.queue,
      pool: inlineCompression,
      buffers: createPackingBuffers(1),
      levels: createFixedLevel(3),
      speed: new PackingSpeed(1),
      telemetry: this.telemetry,
      limits: { parallelReads: 16, resumableBytes: 2 ** 30 },
      ownPrincipals: [],
      tagPermission: new TagPermission(),
      maxReceives: 5,
      random: () => 0,
      now: () => SOON_AFTER_EVENTS + performance.now(),
      ...overrides,
    };
  }

  /** Puts an object into the source bucket, and returns the message that announces it. */
  async place(
    key: string,
    body: Uint8Array | string,
    target: Partial<WriteTarget> = {},
    facts: Partial<EventFacts> = {},
  ) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const { bucket } = this.dependencies.rule.source;
    const etag = await this.memory.place({ bucket, key }, bytes, target);
    return queueMessage(s3Notification({ bucket, key, size: bytes.length, etag, ...facts }));
  }

  /** Returns the ids of the messages that return to the queue. */
  async process(...messages: QueueMessage[]): Promise<string[]> {
    const response: BatchResponse = await packBatch(messages, () => this.remaining, this.dependencies);
    return response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  archiveKeys(): string[] {
    return this.memory.keys(OUTBOUND);
  }

  archive(key = this.archiveKeys()[0] ?? ''): Buffer {
    const found = this.memory.look({ bucket: OUTBOUND, key });
    if (found === undefined) throw new Error(`No archive "${key}" was uploaded`);
    return found.body;
  }
}
