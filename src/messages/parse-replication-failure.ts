import * as z from 'zod';
import { InvalidMessageError } from './errors.ts';
import { decodeKey, parseWithSchema, readNotificationBody } from './notification-body.ts';

/** S3 has given up replicating one version of an object to one destination. */
export interface ReplicationFailure {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly versionId: string;
  /** When S3 gave up, in milliseconds since 1970. */
  readonly eventTime: number;
  /** Name of the destination bucket. */
  readonly destination: string;
  /** S3's code, such as `DstBucketNotFound`. */
  readonly reason: string;
}

const envelope = z.looseObject({
  Event: z.string().optional(),
  Records: z.array(z.looseObject({ eventName: z.string() })).optional(),
});

const failureRecord = z.object({
  eventVersion: z.string().regex(/^2\.\d+$/, 'only event versions 2.x are supported'),
  eventTime: z.iso.datetime({ offset: true }),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    // Only versioned buckets are replicated, so that S3 always says which version it was.
    object: z.object({ key: z.string().min(1), versionId: z.string().min(1) }),
  }),
  replicationEventData: z.object({
    destinationBucket: z.string().min(1),
    failureReason: z.string().default('Unknown'),
  }),
});

/**
 * Reads the body of an SQS message with S3's `s3:Replication:OperationFailedReplication` (Amazon S3 User Guide, "Event
 * message structure"). S3 sends these events to queues and topics, never to EventBridge. Test events and events of other kinds
 * give no failures.
 * @throws InvalidMessageError
 */
export function parseReplicationFailures(body: string): ReplicationFailure[] {
  const { Event, Records } = parseWithSchema(envelope, readNotificationBody(body));
  if (Records === undefined) {
    if (Event === 's3:TestEvent') return [];
    throw new InvalidMessageError('The message is not an S3 notification');
  }
  return Records.filter(({ eventName }) => /^(s3:)?Replication:OperationFailedReplication$/.test(eventName)).map(
    (record) => {
      const { eventTime, s3, replicationEventData } = parseWithSchema(failureRecord, record);
      const { destinationBucket, failureReason } = replicationEventData;
      return {
        bucket: s3.bucket.name,
        key: decodeKey(s3.object.key),
        versionId: s3.object.versionId,
        eventTime: Date.parse(eventTime),
        destination: destinationBucket.slice(destinationBucket.lastIndexOf(':') + 1),
        reason: failureReason,
      };
    },
  );
}
