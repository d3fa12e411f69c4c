import {
  BucketAlreadyOwnedByYou,
  type BucketLocationConstraint,
  CreateBucketCommand,
  type Event,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type QueueConfiguration,
  type ReplicationRule,
  type S3Client,
} from '@aws-sdk/client-s3';

export async function createBucket(s3: S3Client, region: string, bucket: string): Promise<void> {
  await s3.send(
    new CreateBucketCommand({
      Bucket: bucket,
      // The one region that S3 does not accept as a location constraint.
      ...(region !== 'us-east-1' && {
        CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
      }),
    }),
  );
}

/** Creates a bucket unless the account has it: rules refer to existing buckets. */
export async function ensureBucket(s3: S3Client, region: string, bucket: string): Promise<void> {
  try {
    await createBucket(s3, region, bucket);
  } catch (thrown) {
    if (!(thrown instanceof BucketAlreadyOwnedByYou)) throw thrown;
  }
}

export async function enableVersioning(s3: S3Client, bucket: string): Promise<void> {
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}

/** Replaces all notifications of the bucket. */
export async function notifyQueues(s3: S3Client, bucket: string, queues: readonly QueueConfiguration[]): Promise<void> {
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: bucket,
      NotificationConfiguration: { QueueConfigurations: [...queues] },
    }),
  );
}

/** The keys that a notification matches; absent: any prefix or suffix. */
export interface KeyEnds {
  readonly prefix?: string;
  readonly suffix?: string;
}

/** The events that a bucket reports. */
const NEW_OBJECTS = ['s3:ObjectCreated:*'] as const;
const NEW_OBJECTS_AND_REMOVALS = [...NEW_OBJECTS, 's3:ObjectRemoved:*'] as const;

/** The notification of new objects with such keys. */
export function notificationOfNewObjects(id: string, queueArn: string, ends: KeyEnds = {}): QueueConfiguration {
  return notificationOf(NEW_OBJECTS, id, queueArn, ends);
}

/** The same, plus deletions and removals. */
export function notificationOfRemovals(id: string, queueArn: string, ends: KeyEnds = {}): QueueConfiguration {
  return notificationOf(NEW_OBJECTS_AND_REMOVALS, id, queueArn, ends);
}

function notificationOf(events: readonly Event[], id: string, queueArn: string, ends: KeyEnds): QueueConfiguration {
  const FilterRules = (['prefix', 'suffix'] as const).flatMap((Name) => {
    const Value = ends[Name] ?? '';
    return Value === '' ? [] : [{ Name, Value }];
  });
  return {
    Id: id,
    QueueArn: queueArn,
    Events: [...events],
    ...(FilterRules.length > 0 && { Filter: { Key: { FilterRules } } }),
  };
}

/** A rule as the product's templates create it: by prefix, without delete markers, with metrics. */
export function replicationRule(priority: number, id: string, prefix: string, destination: string): ReplicationRule {
  return {
    ID: id,
    Priority: priority,
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: `arn:aws:s3:::${destination}`, Metrics: { Status: 'Enabled' } },
  };
}

export async function replicateBucket(s3: S3Client, bucket: string, rules: readonly ReplicationRule[]): Promise<void> {
  await s3.send(
    new PutBucketReplicationCommand({
      Bucket: bucket,
      ReplicationConfiguration: { Role: 'arn:aws:iam::123456789012:role/replication', Rules: [...rules] },
    }),
  );
}
