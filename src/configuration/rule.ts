/** A rule of `replication_config.json`, checked and complete: defaults filled in, `""` treated as absent. */
export interface ReplicationRule {
  /** Stable name of the rule, see rule-id.ts. First segment of its archives' keys. */
  readonly id: string;
  readonly source: RuleSource;
  readonly destinations: readonly Destination[];
}

export interface RuleSource {
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly kmsKeyArn?: string;
  /** zstd level of all archives, -7 to 22. Absent: chosen by cost from `levels`. */
  readonly level?: number;
  /** Ascending; STORE_LEVEL, which is the lowest of all, does not compress. */
  readonly levels: readonly number[];
  /** Bytes of objects after which an archive is closed. */
  readonly maxArchiveBytes: number;
  /** Bytes of the largest object that the function handles; larger ones go to the fallback. */
  readonly maxObjectBytes: number;
  /** Also packs objects that this product itself wrote here as the target of another rule. */
  readonly chain: boolean;
  /** Whether deletions by a lifecycle of the bucket count as deletions. Absent: they do not. */
  readonly lifecycleDeletes?: true;
}

/** What to do with an object at the target that this product did not write. */
export type OnConflict = 'overwrite' | 'keep';

export interface Destination {
  readonly region: string;
  readonly bucket: string;
  /** Put before the key of each object; absent: keys stay as they were at the source. */
  readonly targetPrefix?: string;
  /** Absent: the source object's own class. */
  readonly storageClass?: string;
  readonly kmsKeyArn?: string;
  readonly onConflict: OnConflict;
  /** Absent: objects that are deleted at the source stay here. */
  readonly deletes?: 'replicate';
}

/** Whether any of these destinations replicates deletions. */
export function replicatesDeletes({ destinations }: Pick<ReplicationRule, 'destinations'>): boolean {
  return destinations.some(({ deletes }) => deletes === 'replicate');
}

/** Whether the rule's filters let this key through, as S3's own notification filter does. */
export function ruleMatches(rule: ReplicationRule, bucket: string, key: string): boolean {
  const { source } = rule;
  return source.bucket === bucket && key.startsWith(source.prefix) && key.endsWith(source.suffix);
}

/** Which deletions its bucket has to report: those by users, or also those by a lifecycle; undefined: none. */
export function reportedDeletionKinds(
  rule: Pick<ReplicationRule, 'source' | 'destinations'>,
): 'users' | 'all' | undefined {
  if (!replicatesDeletes(rule)) return undefined;
  return rule.source.lifecycleDeletes === true ? 'all' : 'users';
}
