import type { ReplicationOrder } from './choose-destinations.ts';
import type { ReplicatedVersion } from './copy-version.ts';

/**
 * The notification that S3 sends when it gives up on replicating an object. Source: Amazon S3 User Guide, "Event
 * message structure" (`replicationEventData`).
 */
export function replicationFailureEvent(
  version: ReplicatedVersion,
  order: ReplicationOrder,
  reason: string,
  origin: { readonly region: string; readonly configurationId: string; readonly time: Date },
): unknown {
  return {
    Records: [
      {
        eventVersion: '2.2',
        eventSource: 'aws:s3',
        awsRegion: origin.region,
        eventTime: origin.time.toISOString(),
        eventName: 'Replication:OperationFailedReplication',
        userIdentity: { principalId: 's3.amazonaws.com' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: origin.configurationId,
          bucket: { name: version.bucket, arn: `arn:aws:s3:::${version.bucket}` },
          object: {
            // Form-encoded, as in all S3 notifications.
            key: encodeURIComponent(version.key).replaceAll('%20', '+').replaceAll('%2F', '/'),
            size: version.size,
            eTag: version.etag,
            versionId: version.versionId,
          },
        },
        replicationEventData: {
          replicationRuleId: order.ruleId,
          destinationBucket: `arn:aws:s3:::${order.destinationBucket}`,
          s3Operation: 'OBJECT_PUT',
          requestTime: origin.time.toISOString(),
          failureReason: reason,
        },
      },
    ],
  };
}
