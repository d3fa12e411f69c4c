import type { SQSClient } from '@aws-sdk/client-sqs';
import type { EmulatedRegion } from '../../../../local-cloud/emulated-cloud.ts';
import type { DamagedCopy, InboundBucket } from '../archives/inbound-bucket.ts';
import type { FallbackShare, FaultsMet } from '../result.ts';
import type { BucketClient } from '../upload/put-object.ts';
import type { VerifiedDestination } from '../verify/verify-destinations.ts';
import type { WatchedDeadLetters } from './dead-letters.ts';
import type { EventCopies } from './event-copies.ts';
import type { FunctionLog } from './function-log.ts';

export interface EmulatedBackfill {
  readonly regions: ReadonlyMap<string, EmulatedRegion>;
  /** URL of the queue of existing objects, behind the fault proxy if there is one. */
  readonly queueUrl: string;
  readonly progressBucket: string;
  /** URL of the queue that the source bucket notifies of new objects. */
  readonly ruleQueueArn: string;
}

/** A running pipeline, with everything that the demo uses. */
export interface Pipeline {
  readonly source: BucketClient & { readonly sqs: SQSClient; readonly queueUrl: string };
  /** The parts that `s3xrc backfill` and `s3xrc verify` need. */
  readonly backfill: EmulatedBackfill;
  readonly outbound: BucketClient;
  readonly inbound: readonly InboundBucket[];
  readonly destinations: readonly VerifiedDestination[];
  readonly deadLetterQueues: readonly WatchedDeadLetters[];
  readonly log: FunctionLog;
  readonly events: EventCopies;
  /** Archives that arrived in a target region so far, over all of them. */
  readonly replicated: () => number;
  readonly faults: () => FaultsMet;
  /** Undefined without fallback tasks. */
  readonly fallback: () => FallbackShare | undefined;
  /** Resolves when the rule queue and its fallback queue are empty and none of their messages is in progress. */
  packed(): Promise<void>;
  /** Resolves when every archive is in every target region. */
  copied(): Promise<void>;
  /** Holds new archives back between the regions until they are released. */
  holdCopies(): Promise<void>;
  /** Lets new archives pass again. */
  letCopiesPass(): Promise<void>;
  releaseCopies(): void;
  /** Puts damaged copies of the held archives into the inbound buckets, unless all of their keys are deleted. */
  sendDamaged(deleted: ReadonlySet<string>): Promise<readonly DamagedCopy[]>;
  /** Resolves when the target queues and their fallback queues are empty and none of their messages is in progress. */
  restored(): Promise<void>;
}
