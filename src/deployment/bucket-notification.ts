import { BucketUnusableError } from './errors.ts';
import { mergeNotifications } from './merge-notifications.ts';
import type { NotificationStore } from './ports.ts';
import type { BucketNotificationProperties } from './resource-properties.ts';
import type { Patience } from './retry-patiently.ts';
import { settleConfiguration } from './settle-configuration.ts';

export interface NotificationDependencies {
  readonly notifications: NotificationStore;
  readonly patience: Patience;
}

/**
 * Makes the bucket notify our queues, instead of what `former` properties of the same bucket asked for.
 * @throws NotificationConflictError, BucketUnusableError, ConfigurationContestedError, what the store throws
 */
export async function putNotifications(
  { Bucket, Notifications }: BucketNotificationProperties,
  former: BucketNotificationProperties | undefined,
  { notifications, patience }: NotificationDependencies,
  signal: AbortSignal,
): Promise<void> {
  const replaced = former?.Bucket === Bucket ? former.Notifications : [];
  const step = async (): Promise<boolean> => {
    const stored = await notifications.read(Bucket, signal);
    if (stored === undefined) throw noSuchBucket(Bucket);
    const { kept, added, settled } = mergeNotifications(Bucket, stored, Notifications, replaced);
    if (!settled) await notifications.replace(Bucket, kept, added, signal);
    return settled;
  };
  await settleConfiguration(Bucket, step, patience, signal);
}

/** Removes our notifications, and is done at once when they or the bucket are gone. Throws what the store throws. */
export async function removeNotifications(
  { Bucket, Notifications }: BucketNotificationProperties,
  { notifications, patience }: NotificationDependencies,
  signal: AbortSignal,
): Promise<void> {
  const step = async (): Promise<boolean> => {
    const stored = await notifications.read(Bucket, signal);
    if (stored === undefined) return true;
    const { kept, settled } = mergeNotifications(Bucket, stored, [], Notifications);
    if (!settled) await notifications.replace(Bucket, kept, [], signal);
    return settled;
  };
  await settleConfiguration(Bucket, step, patience, signal);
}

function noSuchBucket(bucket: string): BucketUnusableError {
  return new BucketUnusableError(
    `Bucket ${bucket} does not exist, so that nothing can be replicated from it. Create it, or correct source.bucket in ` +
      'replication_config.json, then deploy again.',
    { context: { bucket } },
  );
}
