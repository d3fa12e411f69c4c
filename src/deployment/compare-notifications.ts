import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { toldDeletions } from '../configuration/rule.ts';
import { asCompressorError } from '../errors.ts';
import { UnknownNotificationsError } from './errors.ts';
import { encodeFilterValue } from './filter-overlap.ts';
import { NOTIFIED_EVENTS } from './merge-notifications.ts';
import type { NotificationStore, StoredNotification } from './ports.ts';

/** What the comparison tells its operator. Implementations must not throw. */
export interface NotificationTelemetry {
  /** New objects of the rule do not reach its queue. */
  notificationMissing(rule: DeployedRule, expected: ExpectedNotification): void;
}

export interface ExpectedNotification {
  readonly bucket: string;
  /** Of the entry, and of the queue that it names; undefined where EventBridge has to be on. */
  readonly queue: string | undefined;
  readonly prefix: string;
  readonly suffix: string;
  /** The deletions that are expected, too: those of users, or a lifecycle's as well. */
  readonly deletions?: 'users' | 'all';
}

export interface NotificationComparison {
  /** Those whose source is in the region. */
  readonly rules: readonly DeployedRule[];
  readonly ruleQueue: (rule: string) => string;
  readonly notifications: Pick<NotificationStore, 'read'>;
  readonly telemetry: NotificationTelemetry;
  readonly signal: AbortSignal;
}

/**
 * Compares the notifications that the source buckets should have with those that they have. S3 has no conditional write for them: who deploys or
 * writes at the same moment may put back what there was before, in silence. One request per bucket.
 * @throws UnknownNotificationsError when a bucket cannot be looked at; the others were
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
    `The notifications of ${failed.length} of ${byBucket.length} source buckets are not known. ${failed[0]?.message ?? ''}`,
    { cause: failed[0], context: { unknown: failed.length, buckets: byBucket.length } },
  );
}

function expectation(rule: DeployedRule, ruleQueue: (rule: string) => string): ExpectedNotification {
  const { bucket, prefix, suffix } = rule.source;
  const queue = rule.events === 'eventbridge' ? undefined : ruleQueue(rule.id);
  const deletions = toldDeletions(rule);
  return { bucket, queue, prefix, suffix, ...(deletions === undefined ? {} : { deletions }) };
}

/** Id and queue have one name (src/templates/source-resources.ts); the account in the ARN is that of whoever deployed. */
function isExpected(entry: StoredNotification, { queue, prefix, suffix, deletions }: ExpectedNotification): boolean {
  if (queue === undefined) return entry.eventBridge === true;
  return (
    entry.id === queue &&
    entry.destination.endsWith(`:${queue}`) &&
    entry.prefix === encodeFilterValue(prefix) &&
    entry.suffix === encodeFilterValue(suffix) &&
    NOTIFIED_EVENTS[deletions ?? 'none'].every((event) => entry.events.includes(event))
  );
}
