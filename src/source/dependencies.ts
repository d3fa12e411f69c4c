import type { BufferPool } from '../compression/buffer-pool.ts';
import type { FrameCompression } from '../compression/frame-pool.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { FallbackQueue, MessageQueue } from '../messages/message-queue.ts';
import type { ObjectReader, ObjectWriter, TagReader } from '../storage/object-store.ts';
import type { ChooseLevel } from './choose-level.ts';
import type { PackingSpeed } from './packing-speed.ts';
import type { SourceTelemetry } from './telemetry.ts';

/** Everything outside the source service, so that it reads no clock, no environment and no network by itself. */
export interface SourceDependencies {
  readonly rule: ReplicationRule;
  readonly outboundBucket: string;
  readonly store: ObjectReader & TagReader & ObjectWriter;
  readonly queue: MessageQueue;
  /** Absent while the rule has none: what is over the limits then goes to the dead letters. */
  readonly fallback?: FallbackQueue;
  readonly pool: FrameCompression;
  readonly buffers: PackingBuffers;
  readonly chooseLevel: ChooseLevel;
  readonly speed: PackingSpeed;
  readonly telemetry: SourceTelemetry;
  readonly limits: PackingLimits;
  /** `principalId`s of our own target roles without the session: what they wrote is not packed again. */
  readonly ownPrincipals: readonly string[];
  readonly maxReceives: number;
  readonly random: () => number;
  /** Milliseconds, monotonic or not: only differences count. */
  readonly now: () => number;
}

/** Recycled memory of the hot path; one set a process. A frame takes an input and an output while it is in work. */
export interface PackingBuffers {
  readonly inputs: BufferPool;
  readonly outputs: BufferPool;
  /** Compressed bytes on their way out, a part of the archive each. */
  readonly parts: BufferPool;
}

export interface PackingLimits {
  /** GETs in flight. */
  readonly parallelReads: number;
}
