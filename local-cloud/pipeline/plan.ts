/** A plain description of the buckets and queues that the pipeline needs in an emulated cloud. */
export interface PipelinePlan {
  readonly rules: readonly RulePlan[];
  /** Where archives arrive: one bucket and queue per target region. */
  readonly inbound: readonly BucketPlan[];
  /** Where objects are restored to. */
  readonly targets: readonly BucketPlan[];
  readonly queues: QueuePlan;
  /** Where functions keep statistics of levels. Absent: nowhere. */
  readonly statistics?: TablePlan;
  /** Tables in which targets record deletions at the sources: one per target region. Absent: none. */
  readonly deletions?: readonly TablePlan[];
}

export interface TablePlan {
  readonly region: string;
  readonly table: string;
}

export interface BucketPlan {
  readonly region: string;
  readonly bucket: string;
}

export interface RulePlan {
  readonly id: string;
  readonly region: string;
  readonly sourceBucket: string;
  /** Only keys that begin with this raise events for the rule; empty: all. */
  readonly sourcePrefix: string;
  readonly outboundBucket: string;
  /** Prefix of the keys of the rule's archives, which ends in `/`. */
  readonly archivePrefix: string;
  /** Its queue also gets the events of removals. */
  readonly reportsRemovals?: boolean;
  /** Regions whose inbound buckets receive the archives. */
  readonly targetRegions: readonly string[];
}

export interface QueuePlan {
  readonly visibilitySeconds: number;
  /** Failed attempts before a message moves to the dead-letter queue. */
  readonly maxReceiveCount: number;
}
