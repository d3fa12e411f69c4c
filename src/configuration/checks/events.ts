import type { RuleDraft } from '../schema/draft.ts';
import { REPLICATION_FILE, type UnlocatedProblem } from '../schema/locate-problem.ts';

/** Notification configurations that S3 allows per bucket (S3 user guide, "Amazon S3 service quotas"). */
export const MAX_NOTIFICATIONS = 100;

/** Checks how rules are notified of new objects. */
export function checkEvents(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  return [...unknownWriters(rules), ...tooManyNotifications(rules), ...idleLifecycleDeletes(rules)];
}

/** A key without any effect is probably a mistake. */
function idleLifecycleDeletes(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  return rules.flatMap(({ index, source, destinations }) => {
    const isReplicating = destinations.some(({ deletes = source.deletes }) => deletes === 'replicate');
    if (source.lifecycle_deletes !== true || isReplicating) return [];
    const path = ['replication_configuration', index, 'source', 'lifecycle_deletes'];
    const message =
      'no destination of this rule replicates deletions, so deletions by a lifecycle rule are not replicated either';
    const allowed = 'false; or set `deletes` to "replicate", here or at a destination';
    return [{ file: REPLICATION_FILE, path, message, value: true, allowed }];
  });
}

/**
 * Notifications of other applications count as well, but only the bucket lists them, so the deployment checks again. A
 * draining rule has none.
 */
function tooManyNotifications(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  const notified = rules.filter(
    ({ source }) => source.bucket !== undefined && source.events === 'notification' && source.draining !== true,
  );
  return [...Map.groupBy(notified, ({ source }) => source.bucket)].flatMap(
    ([bucket, { [MAX_NOTIFICATIONS]: first, length }]) => {
      if (first === undefined) return [];
      const path = ['replication_configuration', first.index, 'source', 'events'];
      const message = `${bucket} would have ${length} notifications for rules; S3 allows ${MAX_NOTIFICATIONS} per bucket, including those of other applications`;
      const allowed =
        '`notification` in fewer rules of this bucket; `eventbridge`, which has no such limit, in the others';
      return [{ file: REPLICATION_FILE, path, message, value: 'notification', allowed }];
    },
  );
}

/**
 * Whether a rule can distinguish objects that other rules restored in its bucket from objects that users wrote there:
 * events of EventBridge do not name the role that wrote an object.
 */
function unknownWriters(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  const restored = new Set(rules.flatMap(({ destinations }) => destinations.map(({ bucket }) => bucket)));
  return rules.flatMap(({ index, source: { bucket, events, chain } }) => {
    if (bucket === undefined || events !== 'eventbridge' || chain !== false || !restored.has(bucket)) return [];
    const path = ['replication_configuration', index, 'source', 'events'];
    const message = `EventBridge events do not say who wrote an object, so objects that another rule restores in ${bucket} would be packed, too`;
    const allowed = '`notification`; or set `chain` to true, if these should be packed';
    return [{ file: REPLICATION_FILE, path, message, value: events, allowed }];
  });
}
