import type { MessageQueue } from '../messages/message-queue.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import type { ObjectCopier, ObjectHeadReader, VersionReader, VersionRemover } from '../storage/object-store.ts';
import type { ResendLimits } from './decide-resend.ts';
import type { ResendKeys } from './resend-keys.ts';
import type { ResendTelemetry } from './telemetry.ts';

/** Everything outside the resend service. */
export interface ResendDependencies {
  readonly store: ObjectHeadReader & VersionReader & VersionRemover & ObjectCopier;
  readonly queue: MessageQueue;
  readonly telemetry: ResendTelemetry;
  readonly outboundBucket: string;
  /** The bucket of archives that could not be sent: nothing in it expires. */
  readonly failedBucket: string;
  readonly keysOf: (failure: ReplicationFailure) => ResendKeys;
  readonly limits: ResendLimits;
  /** The queue's `maxReceiveCount`. */
  readonly maxReceives: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
}

/** One invocation: its dependencies, and when it must stop. */
export interface ResendRun extends ResendDependencies {
  readonly signal: AbortSignal;
}
