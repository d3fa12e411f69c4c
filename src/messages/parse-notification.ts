import { z } from 'zod';
import { InvalidMessageError } from './errors.ts';
import { decodeKey, parse, readNotificationBody } from './notification-body.ts';
import type { WriteOrder } from './sequencer.ts';

/** One version of one object, as S3 announced it. */
export interface ObjectCreated extends WriteOrder {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly versionId?: string | undefined;
  /** `AWS:<role id>:<session>` of the writer, where the event says so. */
  readonly principalId?: string | undefined;
  /**
   * Queued by a backfill, then: milliseconds since 1970. Its event time is then an order of writes, not a time since which
   * anybody has waited.
   */
  readonly backfilledAt?: number | undefined;
}

/** What a message holds: objects to pack, and how many entries were none of our business (test events, other types). */
export interface Notification {
  readonly created: readonly ObjectCreated[];
  readonly ignored: number;
}

const EARLIEST = Date.parse('0000-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** An offset must not move it out of the years that the key and the manifest of an archive can hold. */
const moment = z.iso.datetime({ offset: true }).refine((text) => {
  const time = Date.parse(text);
  return time >= EARLIEST && time <= LATEST;
}, 'a time is of the years 0000 to 9999 in UTC');

const s3Record = z.object({
  eventVersion: z.string().regex(/^2\.\d+$/, 'only event versions 2.x are known'),
  eventName: z.string(),
  eventTime: moment,
  userIdentity: z.object({ principalId: z.string() }).optional(),
  /** Of a backfill only, see backfill-message.ts. */
  queuedAt: moment.optional(),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.int().nonnegative(),
      eTag: z.string().min(1),
      versionId: z.string().optional(),
      sequencer: z.string().optional(),
    }),
  }),
});

const eventBridgeEvent = z.object({
  'detail-type': z.string(),
  time: moment,
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.int().nonnegative(),
      etag: z.string().min(1),
      'version-id': z.string().optional(),
      sequencer: z.string().optional(),
    }),
  }),
});

const envelope = z.looseObject({
  Event: z.string().optional(),
  Records: z.array(z.looseObject({ eventName: z.string() })).optional(),
  source: z.string().optional(),
  'detail-type': z.string().optional(),
});

/**
 * Reads the body of an SQS message that S3, or EventBridge or an SNS topic on its behalf, has sent. Unknown fields are ignored and any
 * 2.x event version is taken. A test event, and events other than the creation of an object, are counted as ignored.
 * @throws InvalidMessageError
 */
export function parseNotification(body: string): Notification {
  const json = parse(envelope, readNotificationBody(body));
  if (json.Records !== undefined) return fromS3Records(json.Records);
  if (json.Event === 's3:TestEvent') return { created: [], ignored: 1 };
  if (json.source === 'aws.s3') return fromEventBridge(json);
  throw new InvalidMessageError('The message is neither an S3 notification nor an S3 event of EventBridge');
}

function fromS3Records(records: readonly { eventName: string }[]): Notification {
  const creations = records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName));
  const created = creations.map((record): ObjectCreated => {
    const { eventTime, userIdentity, queuedAt, s3 } = parse(s3Record, record);
    return {
      bucket: s3.bucket.name,
      key: decodeKey(s3.object.key),
      etag: s3.object.eTag.replaceAll('"', ''),
      size: s3.object.size,
      eventTime: Date.parse(eventTime),
      sequencer: s3.object.sequencer,
      versionId: s3.object.versionId,
      principalId: userIdentity?.principalId,
      ...(queuedAt === undefined ? {} : { backfilledAt: Date.parse(queuedAt) }),
    };
  });
  return { created, ignored: records.length - created.length };
}

/** EventBridge sends the key as it is, not URL-encoded. */
function fromEventBridge(json: unknown): Notification {
  const { 'detail-type': type } = json as { 'detail-type'?: string };
  if (type !== 'Object Created') return { created: [], ignored: 1 };
  const { time, detail } = parse(eventBridgeEvent, json);
  const created: ObjectCreated = {
    bucket: detail.bucket.name,
    key: detail.object.key,
    etag: detail.object.etag.replaceAll('"', ''),
    size: detail.object.size,
    eventTime: Date.parse(time),
    sequencer: detail.object.sequencer,
    versionId: detail.object['version-id'],
  };
  return { created: [created], ignored: 0 };
}
