import type { LimitFunction } from 'p-limit';
import { MAX_FRAME_SIZE } from '../archive/format.ts';
import type { BufferPool } from '../compression/buffer-pool.ts';
import type { FrameRestoration } from '../compression/frame-pool.ts';
import type { Destination, ReplicationRule } from '../configuration/rule.ts';
import type { RestoringSpeed } from '../limits/restoring-speed.ts';
import type { FallbackQueue, MessageQueue } from '../messages/message-queue.ts';
import type {
  DeletionFinder,
  ObjectHeadReader,
  ObjectReader,
  ObjectRemover,
  ObjectWriter,
  TagReader,
  TagWriter,
  UploadFinder,
} from '../storage/object-store.ts';
import type { ProvenanceStamp } from '../storage/provenance.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { KIB } from '../units.ts';
import type { DeletionMemory } from './deletions/deletion-memory.ts';
import type { ExistingKeyStatistics } from './existing-key-statistics.ts';
import type { RestorableObject } from './restorable-object.ts';
import type { RestoringTelemetry } from './telemetry.ts';

export type RestoringStore = ObjectReader &
  ObjectHeadReader &
  TagReader &
  TagWriter &
  DeletionFinder &
  ObjectWriter &
  UploadFinder &
  ObjectRemover;

/** Bytes of a buffer for any compressed frame of objects: zstd's bound is size + size / 256 + 64 at this size. */
export const COMPRESSED_BUFFER_SIZE = MAX_FRAME_SIZE + Math.ceil(MAX_FRAME_SIZE / 256) + KIB;
/** Bytes of a buffer for any frame of objects as tar. */
export const TAR_BUFFER_SIZE = MAX_FRAME_SIZE;

/**
 * The memory of all restores of a process. Code that needs both acquires `compressed` first, and code that holds `tar`
 * waits only for the network, so there is no deadlock.
 */
export interface FrameBuffers {
  /** Buffers of COMPRESSED_BUFFER_SIZE: one per ranged GET in flight. */
  readonly compressed: BufferPool;
  /** Buffers of TAR_BUFFER_SIZE: one per frame whose objects are being written. */
  readonly tar: BufferPool;
}

export interface RestoringLimits {
  /** Archives that are restored at the same time; each holds its decoded manifest. */
  readonly parallelArchives: number;
  /** Concurrent writes and HEADs at the destinations, over all archives. */
  readonly parallelPuts: number;
  /** Max bytes of objects in one archive per invocation. */
  readonly maxRestoredBytes: number;
  /** Min bytes of an interrupted object that is resumed instead of restarted, which costs three requests. */
  readonly resumableBytes: number;
  /**
   * Max parts of an upload; an object with more frames has parts of several frames, which are staged. Absent: as many
   * as S3 allows.
   */
  readonly maxParts?: number;
  /** An archive is started only while the invocation has this much time left. */
  readonly startReserveMilliseconds: number;
  /**
   * Work that is still running when the invocation has this much time left is stopped, so that uploads are aborted and
   * messages settled.
   */
  readonly stopReserveMilliseconds: number;
}

export interface RestoringDependencies {
  readonly store: RestoringStore;
  readonly pool: FrameRestoration;
  readonly buffers: FrameBuffers;
  readonly speed: RestoringSpeed;
  readonly keys: ExistingKeyStatistics;
  /** Absent if no rule replicates deletions to this region. */
  readonly deletions?: DeletionMemory | undefined;
  readonly queue: MessageQueue;
  /** Absent: archives that exceed the limits are dead-lettered. */
  readonly fallback?: FallbackQueue | undefined;
  readonly telemetry: RestoringTelemetry;
  readonly region: string;
  readonly inboundBucket: string;
  /** All rules of the configuration; those without a destination in this region are ignored. */
  readonly rules: readonly ReplicationRule[];
  /** `maxReceiveCount` of the target queue. */
  readonly maxReceives: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Aborts when the process is about to end: work in progress is requeued as if not attempted. Absent in functions. */
  readonly stop?: AbortSignal;
  readonly limits: RestoringLimits;
}

/** What an archive knows about keys with removed versions at the source, see deletions/left-to-consumers.ts. */
export interface KeyRemovalHistory {
  /** Whether the key was deleted at the source after one write and before another. */
  wasDeletedBetween(key: string, first: ProvenanceStamp, second: ProvenanceStamp): boolean;
  /**
   * From now on, nothing older than the object is written or deletes anything. Called before
   * the request that finds a consumer's change.
   * @throws DeletionMemoryError
   */
  noteRemoval(object: RestorableObject): Promise<void>;
  /** The object is not written, since a consumer has changed the restored one. @param found its stamp */
  leave(object: RestorableObject, destination: Destination, found: ProvenanceStamp): void;
}

/** The state that all archives of one invocation share. */
export interface RestoreRun extends RestoringDependencies {
  /** Time that this invocation of the function has left. */
  readonly remainingMilliseconds: () => number;
  /**
   * When the earliest object of an archive that may have been restored before was written, in milliseconds since 1970.
   * Objects that were restored then may have been deleted here since. Absent: the archive comes for the first time, and
   * in time.
   */
  readonly repeatedSince?: number;
  /**
   * What is known about removed versions in the archive that is being restored. Absent if no destination here
   * replicates deletions.
   */
  readonly removals?: KeyRemovalHistory | undefined;
  /** Seconds that any invocation has for an archive that it begins at once. */
  readonly wholeRun: number;
  readonly puts: LimitFunction;
  /** Aborts at the invocation's deadline, with a RunDeadlineError as its reason, and when `stop` does, with its reason. */
  readonly signal: AbortSignal;
}

/** An archive as named in its event: every read is pinned to this ETag. */
export interface ArchiveVersion extends ObjectLocation {
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

export interface InboundArchive extends ArchiveVersion {
  /** When the archive arrived in this region, in milliseconds since 1970. */
  readonly eventTime: number;
  /** Its message was received before, so some of its objects may have been restored. */
  readonly isRedelivered: boolean;
}

/** The name of an archive in errors. */
export function archiveName({ bucket, key }: ObjectLocation): string {
  return `s3://${bucket}/${key}`;
}
