import type { LevelPolicy } from '../adaptive/level-policy.ts';
import type { BufferPool } from '../compression/buffer-pool.ts';
import type { FrameCompression } from '../compression/frame-pool.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { FallbackQueue, MessageQueue } from '../messages/message-queue.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PackingSpeed } from './packing-speed.ts';
import type { TagPermission } from './tag-permission.ts';
import type { PackingTelemetry } from './telemetry.ts';

/** Everything outside the source service, so that it reads no clock, no environment and no network by itself. */
export interface PackingDependencies {
  readonly rule: ReplicationRule;
  readonly outboundBucket: string;
  readonly resuming: LargeObjectOptions;
  readonly store: ObjectStore;
  readonly queue: MessageQueue;
  /** Absent if the rule has none: work that exceeds the limits is then dead-lettered. */
  readonly fallback?: FallbackQueue;
  readonly pool: FrameCompression;
  readonly buffers: PackingBuffers;
  readonly levels: LevelPolicy;
  readonly speed: PackingSpeed;
  readonly telemetry: PackingTelemetry;
  readonly limits: PackingLimits;
  /** `principalId`s of our own target roles without the session: objects that they wrote are not packed again. */
  readonly ownPrincipals: readonly string[];
  readonly tagPermission: TagPermission;
  readonly maxReceives: number;
  /** Aborts when the process is about to end: work in progress is requeued as if not attempted. Absent in functions. */
  readonly stop?: AbortSignal;
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Recycled memory of the hot path; one set per process. A frame holds an input and an output while in progress. */
export interface PackingBuffers {
  readonly inputs: BufferPool;
  readonly outputs: BufferPool;
  /** Compressed bytes that are being sent; each buffer is a part of an archive. */
  readonly parts: BufferPool;
}

export interface PackingLimits {
  /** GETs in flight. */
  readonly parallelReads: number;
  /** Min bytes of an object that gets a separate archive, which is resumed after an interruption. */
  readonly resumableBytes: number;
}

/** How archives of `resumableBytes` or more are recorded, so that another attempt can resume them. */
export interface LargeObjectOptions {
  /** Bucket of the records of each archive's progress and owner. */
  readonly bucket: string;
  /** How long a lease lasts if its owner does not renew it. The clocks of two tasks must differ by less. */
  readonly ownershipSeconds: number;
  /** Keys of archives that this process is working on. */
  readonly inProgress: Set<string>;
}
