import { S3NotificationStore } from '../../aws/deployment/bucket-notifications.ts';
import { S3Connection } from '../../aws/s3/connection.ts';
import { MAX_NOTIFICATIONS } from '../../configuration/checks/events.ts';
import { reportedDeletionKinds } from '../../configuration/rule.ts';
import { ruleResourceName } from '../../configuration/schema/resource-names.ts';
import { NotificationConflictError } from '../../deployment/errors.ts';
import { mergeNotifications } from '../../deployment/merge-notifications.ts';
import type { BucketCheckState } from './configured-bucket.ts';
import { type Diagnosis, failure, ok, warning } from './diagnosis.ts';

/** With this many of the 100 that a bucket may have, there is a warning. */
const MANY = 90;

/** Checks that the bucket notifies our queues of new objects, or could do so despite other notifications. */
export async function checkNotifications(state: BucketCheckState, signal: AbortSignal): Promise<Diagnosis[]> {
  const { subject, bucket, plan, context, s3 } = state;
  const connection = new S3Connection(s3);
  try {
    const stored = await new S3NotificationStore(connection).read(bucket.name, signal);
    if (stored === undefined) return [];
    const rules = plan.outgoing.filter(({ source, draining }) => source.bucket === bucket.name && !draining);
    const [, partition = 'aws'] = context.identity.arn.split(':');
    const wanted = rules
      .filter(({ events }) => events === 'notification')
      .map((rule) => {
        const { id, source } = rule;
        const { prefix: Prefix, suffix: Suffix } = source;
        const Id = ruleResourceName(context.configuration.settings.stack_name, id);
        const QueueArn = `arn:${partition}:sqs:${bucket.region}:${context.identity.account}:${Id}`;
        const Deletions = reportedDeletionKinds(rule);
        return { Id, QueueArn, Prefix, Suffix, ...(Deletions === undefined ? {} : { Deletions }) };
      });
    const needsEventBridge = rules.some(({ events }) => events === 'eventbridge');
    const others = stored.filter(
      ({ id, isEventBridge }) => isEventBridge !== true && !wanted.some((entry) => entry.Id === id),
    ).length;
    const { isSettled } = mergeNotifications(bucket.name, stored, wanted, [], needsEventBridge);
    const count = `${others} of ${MAX_NOTIFICATIONS} notifications are not ours`;
    if (!isSettled && (await context.deployments.of(bucket.region)).state === 'deployed') {
      const says = `It does not notify the queues of all rules about new objects (${count}): some objects are not replicated.`;
      return [failure(subject, says, `s3xrc deploy --repair --region ${bucket.region}`)];
    }
    if (others + wanted.length < MANY) return [ok(subject, `${capitalize(count)}, and none conflicts with ours.`)];
    return [warning(subject, `${capitalize(count)}.`, 'set "events": "eventbridge" in the source of some rules')];
  } catch (thrown) {
    if (!(thrown instanceof NotificationConflictError)) throw thrown;
    const fix = `aws s3api get-bucket-notification-configuration --bucket ${bucket.name}`;
    return [failure(subject, thrown.message, fix)];
  } finally {
    await connection.close();
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
