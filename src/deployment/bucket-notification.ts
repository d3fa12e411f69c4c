import { applyUntilStable } from './apply-until-stable.ts';
import { ConfigurationRefusedError, NotificationConflictError, UnusableBucketError } from './errors.ts';
import { mergeNotifications } from './merge-notifications.ts';
import type { NotificationStore, StoredNotification } from './ports.ts';
import type { BucketNotificationProperties, MadeNotifications } from './resource-properties.ts';
import type { RetryWindow } from './retry-patiently.ts';

export interface NotificationDependencies {
  readonly notifications: NotificationStore;
  readonly patience: RetryWindow;
}

/**
 * Makes the bucket notify our queues, and EventBridge if rules need it, in place of the notifications that the `former`
 * properties of the same bucket asked for.
 * @throws NotificationConflictError, UnusableBucketError, ContestedConfigurationError, what the store throws
 */
export async function putNotifications(
  { Bucket, Notifications, EventBridge }: BucketNotificationProperties,
  former: MadeNotifications | undefined,
  { notifications, patience: retryWindow }: NotificationDependencies,
  signal: AbortSignal,
): Promise<void> {
  const replaced = former?.Bucket === Bucket ? former.Notifications : [];
  const step = async (): Promise<boolean> => {
    const stored = await notifications.read(Bucket, signal);
    if (stored === undefined) throw noSuchBucket(Bucket);
    const { kept, added, isSettled } = mergeNotifications(
      Bucket,
      stored,
      Notifications,
      replaced,
      EventBridge === 'true',
    );
    if (isSettled) return true;
    try {
      await notifications.replace(Bucket, kept, added, signal);
    } catch (thrown) {
      const ours = new Set(Notifications.map(({ QueueArn }) => QueueArn));
      throw (
        findDeadEntry(
          Bucket,
          kept.filter(({ destination }) => !ours.has(destination)),
          thrown,
        ) ?? thrown
      );
    }
    return false;
  };
  await applyUntilStable(Bucket, step, retryWindow, signal);
}

/**
 * Removes our notifications, but does not turn EventBridge off. Does nothing if they or the bucket are gone. Throws
 * what the store throws.
 */
export async function removeNotifications(
  { Bucket, Notifications }: MadeNotifications,
  { notifications, patience: retryWindow }: NotificationDependencies,
  signal: AbortSignal,
): Promise<void> {
  const step = async (): Promise<boolean> => {
    const stored = await notifications.read(Bucket, signal);
    if (stored === undefined) return true;
    const { kept, isSettled } = mergeNotifications(Bucket, stored, [], Notifications);
    if (!isSettled) await notifications.replace(Bucket, kept, [], signal);
    return isSettled;
  };
  await applyUntilStable(Bucket, step, retryWindow, signal);
}

/** S3 accepts a configuration only if it can reach all destinations in it, and names those that it cannot reach. */
function findDeadEntry(
  bucket: string,
  foreign: readonly StoredNotification[],
  refusal: unknown,
): NotificationConflictError | undefined {
  if (!(refusal instanceof ConfigurationRefusedError)) return undefined;
  const named = new Set(refusal.message.split(/[\s,;()]+/).map((word) => word.replace(/:$/, '')));
  const dead = foreign.find(({ destination }) => destination !== '' && named.has(destination));
  if (dead === undefined) return undefined;
  return new NotificationConflictError(
    `Bucket ${bucket} has the notification "${dead.id}", which is not ours, to ${dead.destination}, which S3 can no longer use. ` +
      'Because of it, S3 accepts no other notification. Remove it, or repair its destination and its permissions, ' +
      `then deploy again. ${refusal.message}`,
    { context: { bucket, notification: dead.id, destination: dead.destination }, cause: refusal },
  );
}

function noSuchBucket(bucket: string): UnusableBucketError {
  return new UnusableBucketError(
    `Bucket ${bucket} does not exist, so nothing can be replicated from it. Create it, or correct source.bucket in ` +
      'replication_config.json, then deploy again.',
    { context: { bucket } },
  );
}
