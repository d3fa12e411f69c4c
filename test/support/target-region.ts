import { CorruptArchiveError, ObjectChecksumError } from '../../src/archive/errors.ts';
import { BufferPool } from '../../src/compression/buffer-pool.ts';
import type { RestoredFrame, RestoreFrameTask } from '../../src/compression/frame-contract.ts';
import type { FrameRestoration } from '../../src/compression/frame-pool.ts';
import { runFrameTask } from '../../src/compression/run-frame-task.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import { RestoringSpeed } from '../../src/limits/restoring-speed.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import type { BatchResponse } from '../../src/messages/settle-batch.ts';
import {
  COMPRESSED_BUFFER_SIZE,
  type RestoringDependencies,
  TAR_BUFFER_SIZE,
} from '../../src/restoring/dependencies.ts';
import { ExistingKeyStatistics } from '../../src/restoring/existing-key-statistics.ts';
import { restoreBatch } from '../../src/restoring/process-batch.ts';
import { layOutArchive, sealArchive, type TestObject } from './archives.ts';
import { FailingObjectStore } from './failing-object-store.ts';
import { MemoryMessageQueue } from './memory-message-queue.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { queueMessage, s3Notification } from './notifications.ts';
import { RecordingRestoringTelemetry } from './recording-restoring-telemetry.ts';
import { exampleRule } from './rules.ts';

export const INBOUND = 'inbound-bucket';
export const TARGET = 'target-bucket';
export const RULE = exampleRule();
/** A million seconds after the test objects of archives.ts were written. */
export const NOW = 1_701_000_000_000;

/** The work of the pool without threads: buffers are not transferred. */
export class DirectRestoration implements FrameRestoration {
  readonly threads = 1;

  async restore(task: RestoreFrameTask): Promise<RestoredFrame> {
    await Promise.resolve();
    const result = runFrameTask(task);
    if (result.kind === 'restored') return result;
    if (result.kind === 'failed' && result.reason === 'checksum') throw new ObjectChecksumError(result.message);
    throw new CorruptArchiveError(result.kind === 'failed' ? result.message : 'not a frame to restore');
  }
}

/** The dependencies of the service, and the time of its invocations. */
interface InvokedDependencies extends RestoringDependencies {
  readonly remainingMilliseconds: () => number;
}

export interface RegionOptions {
  readonly rules?: readonly ReplicationRule[];
  /** Wraps the store, for example to make calls fail or to count them. */
  readonly wrap?: (store: MemoryObjectStore) => RestoringDependencies['store'];
  readonly dependencies?: Partial<InvokedDependencies>;
  readonly now?: () => number;
  /** Whether its buckets are versioned. */
  readonly versioned?: boolean;
}

/** A region in memory, with an inbound bucket and the target service. */
export class TargetRegion {
  readonly store: MemoryObjectStore;
  readonly queue = new MemoryMessageQueue();
  readonly telemetry = new RecordingRestoringTelemetry();
  readonly calls: FailingObjectStore;
  readonly buffers = { compressed: new BufferPool(COMPRESSED_BUFFER_SIZE, 2), tar: new BufferPool(TAR_BUFFER_SIZE, 2) };
  dependencies: InvokedDependencies;

  constructor({ rules = [RULE], wrap, dependencies = {}, now = () => NOW, versioned = false }: RegionOptions = {}) {
    this.store = new MemoryObjectStore({ now, versioned });
    this.calls = new FailingObjectStore(this.store);
    this.dependencies = {
      store: wrap?.(this.store) ?? this.calls,
      pool: new DirectRestoration(),
      buffers: this.buffers,
      speed: new RestoringSpeed(1),
      keys: new ExistingKeyStatistics({ s3_put_request: 5e-6, s3_get_request: 0.4e-6 }),
      queue: this.queue,
      telemetry: this.telemetry,
      region: 'us-east-1',
      inboundBucket: INBOUND,
      rules,
      maxReceives: 5,
      now,
      random: () => 0.5,
      remainingMilliseconds: () => 600_000,
      limits: {
        parallelArchives: 4,
        parallelPuts: 64,
        maxRestoredBytes: 2 ** 40,
        resumableBytes: 2 ** 30,
        startReserveMilliseconds: 20_000,
        stopReserveMilliseconds: 5_000,
      },
      ...dependencies,
    };
  }

  /** Lets an archive arrive by replication. */
  arrive(bytes: Uint8Array, key = `${RULE.id}/a.tar.zst`, receiveCount = 1): Promise<QueueMessage> {
    return this.arriveIn(this.store, bytes, key, receiveCount);
  }

  /** The same in a store that two regions of a test share. */
  async arriveIn(store: MemoryObjectStore, bytes: Uint8Array, key: string, receiveCount = 1): Promise<QueueMessage> {
    const etag = await store.place({ bucket: INBOUND, key }, bytes);
    return announce(key, etag, bytes.length, receiveCount);
  }

  process(...messages: readonly QueueMessage[]): Promise<BatchResponse> {
    return restoreBatch(messages, this.dependencies.remainingMilliseconds, this.dependencies);
  }

  /** The text of an object in the target bucket. */
  text(key: string, bucket = TARGET): string | undefined {
    return this.store.look({ bucket, key })?.body.toString();
  }
}

export function announce(key: string, etag: string, size: number, receiveCount = 1): QueueMessage {
  return queueMessage(s3Notification({ bucket: INBOUND, key, etag, size }), receiveCount);
}

/** Makes an archive of `RULE`, or of another rule. */
export function archiveOf(objects: readonly TestObject[], rule = RULE.id): Buffer {
  const { tarFrames, manifest } = layOutArchive(objects);
  return sealArchive({ tarFrames, manifest: { ...manifest, rule } });
}

export function textObject(key: string, text: string, more: Partial<TestObject> = {}): TestObject {
  return { key, body: Buffer.from(text), ...more };
}

/** A request that hangs until it is aborted. */
export function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(new Error('the request was aborted'));
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
  });
}
