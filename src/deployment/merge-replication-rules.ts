import { ReplicationConflictError } from './errors.ts';
import type { PrefixRule, StoredReplication, StoredReplicationRule } from './ports.ts';
import type {
  MadeReplicationRules,
  ReplicationRuleProperties,
  ReplicationRulesProperties,
} from './resource-properties.ts';

type RulesOfRole = Pick<ReplicationRulesProperties, 'RoleArn' | 'Rules'>;
type MadeRules = Pick<MadeReplicationRules, 'RoleArn' | 'Rules'>;

/**
 * A rule that is no longer wanted gets a priority from this number upward instead of being removed: its function is
 * deleted later, after all updates, and its last archives have not been replicated yet. Among rules with different
 * prefixes a priority has no effect, so it can serve as a mark. Wanted rules have lower priorities.
 */
const LEAVING = 10_000;
/** S3 user guide, "Replication configuration file elements". */
const MAX_RULES = 1000;

/** The new configuration of a bucket. */
export interface ReplicationMerge {
  readonly role: string;
  readonly kept: readonly StoredReplicationRule[];
  readonly added: readonly PrefixRule[];
  /** Whether nothing needs to change. */
  readonly isSettled: boolean;
}

/**
 * Puts our rules into a bucket's replication. A rule is ours if it has both an id and a destination of ours, or is
 * leaving; everything else stays unchanged. A rule keeps its priority as long as it exists, and a new one gets the
 * lowest free priority, so adding a rule changes no other.
 *
 * | rule of ours | its destination | becomes |
 * |---|---|---|
 * | wanted | any | as wanted |
 * | only in the `former` properties | exists | leaving: it works until the next change |
 * | only in the `former` properties | is gone | removed: S3 would refuse the whole configuration |
 * | leaving since an earlier change | any | removed: by now nothing writes archives for it |
 *
 * @param gone destinations of leaving rules that S3 would no longer accept
 * @throws ReplicationConflictError when the rules of others need another role, or have an id of ours, or there are too
 * many
 */
export function mergeReplicationRules(
  bucket: string,
  stored: StoredReplication,
  wanted: RulesOfRole,
  former: MadeRules | undefined,
  gone: ReadonlySet<string> = new Set(),
): ReplicationMerge {
  const { ours, foreign } = divideRules(stored, wanted, former);
  refuseConflicts(bucket, wanted, foreign);
  // A bucket has one role for all rules: changing it could stop the rules of others.
  const isRoleOurs = [wanted.RoleArn, former?.RoleArn, ''].includes(stored.role);
  if (foreign.length > 0 && !isRoleOurs) throw foreignRole(bucket, stored.role, wanted.RoleArn);

  const staying = leavingRules(ours, wanted, former).filter(({ destinationBucket }) => !gone.has(destinationBucket));
  const targets = [...assignPriorities(wanted.Rules, ours, foreign), ...assignLeavingPriorities(staying, stored.rules)];
  if (foreign.length + targets.length > MAX_RULES) throw tooManyRules(bucket, foreign.length + targets.length);
  const kept = stored.rules.filter((rule) => foreign.includes(rule) || targets.some((target) => isSame(rule, target)));
  const added = targets.filter((target) => !ours.some((rule) => isSame(rule, target)));
  const isSettled = added.length === 0 && kept.length === stored.rules.length && stored.role === wanted.RoleArn;
  return { role: wanted.RoleArn, kept, added, isSettled };
}

/** Destinations of the rules that a merge would keep although they are not wanted. */
export function leavingDestinations(
  stored: StoredReplication,
  wanted: RulesOfRole,
  former: MadeRules | undefined,
): string[] {
  const { ours } = divideRules(stored, wanted, former);
  return [...new Set(leavingRules(ours, wanted, former).map(({ destinationBucket }) => destinationBucket))];
}

/** A bucket's replication without our rules: the rules of others, and their role. */
export function withoutReplicationRules(stored: StoredReplication, own: MadeRules): ReplicationMerge {
  const kept = divideRules(stored, own, undefined).foreign;
  return { role: stored.role, kept, added: [], isSettled: kept.length === stored.rules.length };
}

function divideRules(
  { rules }: StoredReplication,
  wanted: MadeRules,
  former: MadeRules | undefined,
): { readonly ours: readonly StoredReplicationRule[]; readonly foreign: readonly StoredReplicationRule[] } {
  const owned = new Set([...wanted.Rules, ...(former?.Rules ?? [])].map(ownershipMark));
  const isOwned = (rule: StoredReplicationRule): boolean => owned.has(storedMark(rule)) || isLeaving(rule);
  return { ours: rules.filter(isOwned), foreign: rules.filter((rule) => !isOwned(rule)) };
}

/** Rules of others may also have such priorities, but are unlikely to have an id that begins with the prefix. */
function isLeaving({ id, priority, prefix }: Omit<StoredReplicationRule, 'text' | 'isIntact'>): boolean {
  return priority >= LEAVING && prefix.endsWith('/') && id.startsWith(prefix.slice(0, -1));
}

/** Ids are unique in a bucket, so a rule whose id is wanted with another destination cannot stay. */
function leavingRules(
  ours: readonly StoredReplicationRule[],
  wanted: RulesOfRole,
  former: MadeRules | undefined,
): StoredReplicationRule[] {
  const ids = new Set(wanted.Rules.map(({ Id }) => Id));
  const made = new Set(former?.Rules.map(ownershipMark));
  return ours.filter((rule) => !ids.has(rule.id) && made.has(storedMark(rule)));
}

function assignLeavingPriorities(
  staying: readonly StoredReplicationRule[],
  stored: readonly StoredReplicationRule[],
): PrefixRule[] {
  const taken = new Set(stored.map(({ priority }) => priority));
  let next = LEAVING;
  return staying.map((rule) => {
    const { id, prefix, destinationBucket, replicaKmsKeyArn } = rule;
    if (isLeaving(rule)) return { id, priority: rule.priority, prefix, destinationBucket, replicaKmsKeyArn };
    while (taken.has(next)) next += 1;
    taken.add(next);
    return { id, priority: next, prefix, destinationBucket, replicaKmsKeyArn };
  });
}

function storedMark({ id, destinationBucket }: StoredReplicationRule): string {
  return ownershipMark({ Id: id, DestinationBucket: destinationBucket });
}

function ownershipMark({ Id, DestinationBucket }: Pick<ReplicationRuleProperties, 'Id' | 'DestinationBucket'>): string {
  return `${Id} ${DestinationBucket}`;
}

function assignPriorities(
  wanted: readonly ReplicationRuleProperties[],
  ours: readonly StoredReplicationRule[],
  foreign: readonly StoredReplicationRule[],
): PrefixRule[] {
  const present = new Map(ours.filter((rule) => !isLeaving(rule)).map(({ id, priority }) => [id, priority]));
  const foreignPriorities = new Set(foreign.map(({ priority }) => priority));
  const taken = new Set(foreignPriorities);
  const assigned = new Map<string, number>();
  for (const { Id } of wanted) {
    const priority = present.get(Id);
    if (priority === undefined || taken.has(priority)) continue;
    assigned.set(Id, priority);
    taken.add(priority);
  }
  let next = 1;
  return wanted.map((rule) => {
    let priority = assigned.get(rule.Id);
    if (priority === undefined) {
      while (taken.has(next)) next += 1;
      priority = next;
      taken.add(priority);
    }
    return {
      id: rule.Id,
      priority,
      prefix: rule.ArchivePrefix,
      destinationBucket: rule.DestinationBucket,
      replicaKmsKeyArn: rule.ReplicaKmsKeyArn,
    };
  });
}

function isSame(stored: StoredReplicationRule, target: PrefixRule): boolean {
  return (
    stored.isIntact &&
    stored.id === target.id &&
    stored.priority === target.priority &&
    stored.prefix === target.prefix &&
    stored.destinationBucket === target.destinationBucket &&
    stored.replicaKmsKeyArn === target.replicaKmsKeyArn
  );
}

function refuseConflicts(bucket: string, wanted: RulesOfRole, foreign: readonly StoredReplicationRule[]): void {
  const ids = new Set(wanted.Rules.map(({ Id }) => Id));
  const rival = foreign.find(({ id }) => ids.has(id));
  if (rival === undefined) return;
  throw new ReplicationConflictError(
    `Bucket ${bucket} has a replication rule "${rival.id}" to ${rival.destinationBucket} that this stack did not ` +
      'create, and the stack needs that id. Remove that rule, then deploy again.',
    { context: { bucket, rule: rival.id, destination: rival.destinationBucket } },
  );
}

function tooManyRules(bucket: string, rules: number): ReplicationConflictError {
  return new ReplicationConflictError(
    `Bucket ${bucket} would have ${rules} replication rules while the removed ones are still needed, and S3 allows ${MAX_RULES}. ` +
      'Remove rules in one deployment, and add others in the next.',
    { context: { bucket, rules } },
  );
}

function foreignRole(bucket: string, present: string, wanted: string): ReplicationConflictError {
  return new ReplicationConflictError(
    `Bucket ${bucket} already has replication rules that are not ours, with the role ${present}; a bucket has one role for all rules, and ` +
      `ours need ${wanted}. Remove the other rules from this bucket, which belongs to the compressor, then deploy again.`,
    { context: { bucket, role: present, wanted } },
  );
}
