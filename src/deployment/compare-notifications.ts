import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { reportedDeletionKinds } from '../configuration/rule.ts';
import { asCompressorError } from '../errors.ts';
import { UnknownNotificationsError } from './errors.ts';
import { encodeFilterValue } from './filter-overlap.ts';
import { NOTIFIED_EVENTS } from './merge-notifications.ts';
import type { NotificationStore, StoredNotification } from './ports.ts';

/** Reports the comparison to the operator. Implementations must not throw. */
export interface NotificationTelemetry {
  /** New objects of the rule do not reach its queue. */
  notificationMissing(rule: DeployedRule, expected: ExpectedNotification): void;
}

export interface ExpectedNotification {
  readonly bucket: string;
  /** Id of the entry, and name of its queue; undefined if EventBridge must be on. */
  readonly queue: string | undefined;
  readonly prefix: string;
  readonly suffix: string;
  /** The deletions that must be included: those by users, or also those by a lifecycle. */
  readonly deletions?: 'users' | 'all';
}

export interface NotificationComparison {
  /** The rules whose source is in the region. */
  readonly rules: readonly DeployedRule[];
  readonly ruleQueue: (rule: string) => string;
  readonly notifications: Pick<NotificationStore, 'read'>;
  readonly telemetry: NotificationTelemetry;
  readonly signal: AbortSignal;
}

/**
 * Compares the notifications that the source buckets should have with those that they have. S3 has no conditional write
 * for them, so a concurrent deployment or write may silently restore the old ones. One request per bucket.
 * @throws UnknownNotificationsError if a bucket could not be read, after all others were compared
 */
export async function compareNotifications({ rules, notifications, ...check }: NotificationComparison): Promise<void> {
  const taking = rules.filter(({ draining }) => !draining);
  const byBucket = [...Map.groupBy(taking, ({ source }) => source.bucket)];
  const looks = byBucket.map(async ([bucket, own]) => {
    const stored = (await notifications.read(bucket, check.signal)) ?? [];
    for (const rule of own) {
      const expected = expectation(rule, check.ruleQueue);
      if (!stored.some((entry) => isExpected(entry, expected))) check.telemetry.notificationMissing(rule, expected);
    }
  });
  const failed = (await Promise.allSettled(looks)).flatMap((look) =>
    look.status === 'rejected' ? [asCompressorError(look.reason)] : [],
  );
  if (failed.length === 0) return;
  throw new UnknownNotificationsError(
    `The notifications of ${failed.length} of ${byBucket.length} source buckets are unknown. ${failed[0]?.message ?? ''}`,
    { cause: failed[0], context: { unknown: failed.length, buckets: byBucket.length } },
  );
}

function expectation(rule: DeployedRule, ruleQueue: (rule: string) => string): ExpectedNotification {
  const { bucket, prefix, suffix } = rule.source;
  const queue = rule.events === 'eventbridge' ? undefined : ruleQueue(rule.id);
  const deletions = reportedDeletionKinds(rule);
  return { bucket, queue, prefix, suffix, ...(deletions === undefined ? {} : { deletions }) };
}

/** The id is the name of the queue (src/templates/source-resources.ts); the account in the ARN is the deploying one. */
function isExpected(entry: StoredNotification, { queue, prefix, suffix, deletions }: ExpectedNotification): boolean {
  if (queue === undefined) return entry.isEventBridge === true;
  return (
    entry.id === queue &&
    entry.destination.endsWith(`:${queue}`) &&
    entry.prefix === encodeFilterValue(prefix) &&
    entry.suffix === encodeFilterValue(suffix) &&
    NOTIFIED_EVENTS[deletions ?? 'none'].every((event) => entry.events.includes(event))
  );
}
