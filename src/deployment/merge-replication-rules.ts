import { ReplicationConflictError } from './errors.ts';
import type { PrefixRule, StoredReplication, StoredReplicationRule } from './ports.ts';
import type { ReplicationRuleProperties, ReplicationRulesProperties } from './resource-properties.ts';

type RulesOfRole = Pick<ReplicationRulesProperties, 'RoleArn' | 'Rules'>;

/** What a bucket's configuration becomes. */
export interface ReplicationMerge {
  readonly role: string;
  readonly kept: readonly StoredReplicationRule[];
  readonly added: readonly PrefixRule[];
  /** Whether it is already as it should be. */
  readonly settled: boolean;
}

/**
 * Puts our rules into a bucket's replication, instead of those that earlier properties asked for. Ours is what has both
 * id and destination of ours; everything else stays as it is. A rule keeps its priority as long as it exists and a new
 * one gets the lowest that is free, so that adding one rule rewrites no other.
 *
 * @throws ReplicationConflictError when others' rules need another role, or have an id of ours
 */
export function mergeReplicationRules(
  bucket: string,
  stored: StoredReplication,
  wanted: RulesOfRole,
  former: RulesOfRole | undefined,
): ReplicationMerge {
  const owned = new Set([...wanted.Rules, ...(former?.Rules ?? [])].map(ownershipMark));
  const isOwned = ({ id, destinationBucket }: StoredReplicationRule): boolean =>
    owned.has(ownershipMark({ Id: id, DestinationBucket: destinationBucket }));
  const foreign = stored.rules.filter((rule) => !isOwned(rule));
  const ours = stored.rules.filter(isOwned);
  refuseConflicts(bucket, wanted, foreign);
  // A bucket has one role for all rules: changing it under others' rules could stop them.
  const roleIsOurs = [wanted.RoleArn, former?.RoleArn, ''].includes(stored.role);
  if (foreign.length > 0 && !roleIsOurs) throw foreignRole(bucket, stored.role, wanted.RoleArn);

  const targets = assignPriorities(wanted.Rules, ours, foreign);
  const kept = stored.rules.filter((rule) => !isOwned(rule) || targets.some((target) => isSame(rule, target)));
  const added = targets.filter((target) => !ours.some((rule) => isSame(rule, target)));
  const settled = added.length === 0 && kept.length === stored.rules.length && stored.role === wanted.RoleArn;
  return { role: wanted.RoleArn, kept, added, settled };
}

/** What is left of a bucket's replication without our rules: others' rules, and the role that they have. */
export function withoutReplicationRules(stored: StoredReplication, own: RulesOfRole): ReplicationMerge {
  const owned = new Set(own.Rules.map(ownershipMark));
  const kept = stored.rules.filter(
    ({ id, destinationBucket }) => !owned.has(ownershipMark({ Id: id, DestinationBucket: destinationBucket })),
  );
  return { role: stored.role, kept, added: [], settled: kept.length === stored.rules.length };
}

function ownershipMark({ Id, DestinationBucket }: Pick<ReplicationRuleProperties, 'Id' | 'DestinationBucket'>): string {
  return `${Id} ${DestinationBucket}`;
}

function assignPriorities(
  wanted: readonly ReplicationRuleProperties[],
  ours: readonly StoredReplicationRule[],
  foreign: readonly StoredReplicationRule[],
): PrefixRule[] {
  const present = new Map(ours.map(({ id, priority }) => [id, priority]));
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
    stored.intact &&
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
    `Bucket ${bucket} has a replication rule "${rival.id}" to ${rival.destinationBucket} that this stack did not put ` +
      'there, and needs that id for a rule of its own. Remove that rule, then deploy again.',
    { context: { bucket, rule: rival.id, destination: rival.destinationBucket } },
  );
}

function foreignRole(bucket: string, present: string, wanted: string): ReplicationConflictError {
  return new ReplicationConflictError(
    `Bucket ${bucket} replicates for somebody else with the role ${present}; a bucket has one role for all rules, and ` +
      `ours need ${wanted}. Remove the other rules from this bucket, which is the compressor's own, then deploy again.`,
    { context: { bucket, role: present, wanted } },
  );
}
