import * as z from 'zod';
import { InvalidMessageError } from './errors.ts';
import { decodeKey, parseWithSchema, readNotificationBody } from './notification-body.ts';
import type { WriteOrder } from './sequencer.ts';

/** One version of one object, as S3 announced it. */
export interface ObjectCreated extends WriteOrder {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly versionId?: string | undefined;
  /** `AWS:<role id>:<session>` of the writer, if the event names it. */
  readonly principalId?: string | undefined;
  /**
   * When a backfill queued it, in milliseconds since 1970. Its event time is then only an order of writes, not the
   * start of a wait.
   */
  readonly backfilledAt?: number | undefined;
  /**
   * Its event is that of a removed version; this object has been current since, and may have been written long before.
   */
  readonly isByRemoval?: true;
}

/**
 * The kind of a removal. `deleted`: the key has no current object any more, because of a delete marker or, in a bucket
 * without versions, permanently. `version-removed`: one version, or one marker, was permanently removed, and another
 * version may be current now.
 */
export type RemovalKind = 'deleted' | 'version-removed';

/** A removal at one key, as S3 announced it. */
export interface ObjectRemoved extends WriteOrder {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly removal: RemovalKind;
  readonly isByLifecycle: boolean;
  /** Version of the new delete marker, or the removed version. */
  readonly versionId?: string | undefined;
  /** `AWS:<role id>:<session>` of the user who removed it, if the event names it. */
  readonly principalId?: string | undefined;
}

/**
 * The contents of a message: objects to pack, removals, and the number of entries that do not concern us (test events,
 * other types).
 */
export interface Notification {
  readonly created: readonly ObjectCreated[];
  readonly removed: readonly ObjectRemoved[];
  readonly ignored: number;
}

const EARLIEST = Date.parse('0000-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** A time zone offset must not move it out of the years that the key and the manifest of an archive can express. */
const moment = z.iso.datetime({ offset: true }).refine((text) => {
  const time = Date.parse(text);
  return time >= EARLIEST && time <= LATEST;
}, 'a time must be in the years 0000 to 9999 in UTC');

const s3Record = z.object({
  eventVersion: z.string().regex(/^2\.\d+$/, 'only event versions 2.x are supported'),
  eventName: z.string(),
  eventTime: moment,
  userIdentity: z.object({ principalId: z.string() }).optional(),
  /** Only in messages of a backfill, see backfill-message.ts. */
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

const s3Removal = z.object({
  eventVersion: z.string().regex(/^2\.\d+$/, 'only event versions 2.x are supported'),
  eventName: z.string(),
  eventTime: moment,
  userIdentity: z.object({ principalId: z.string() }).optional(),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      versionId: z.string().nullish(),
      sequencer: z.string().optional(),
    }),
  }),
});

const eventBridgeRemoval = z.object({
  time: moment,
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      'version-id': z.string().nullish(),
      sequencer: z.string().optional(),
    }),
    reason: z.string().optional(),
    'deletion-type': z.enum(['Permanently Deleted', 'Delete Marker Created']),
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

const NOTHING: Notification = { created: [], removed: [], ignored: 1 };
const REMOVAL = /^(?:s3:)?(ObjectRemoved|LifecycleExpiration):(Delete|DeleteMarkerCreated)$/;

const envelope = z.looseObject({
  Event: z.string().optional(),
  Records: z.array(z.looseObject({ eventName: z.string() })).optional(),
  source: z.string().optional(),
  'detail-type': z.string().optional(),
});

/**
 * Reads the body of an SQS message that S3, or EventBridge or an SNS topic on its behalf, has sent. Unknown fields are
 * ignored and any 2.x event version is accepted. A test event, and events other than the creation of an object, are
 * counted as ignored.
 * @param removals whether removals are wanted; otherwise they are ignored
 * @throws InvalidMessageError
 */
export function parseNotification(
  body: string,
  { includesRemovals = true }: { includesRemovals?: boolean } = {},
): Notification {
  const json = parseWithSchema(envelope, readNotificationBody(body));
  if (json.Records !== undefined) return fromS3Records(json.Records, includesRemovals);
  if (json.Event === 's3:TestEvent') return NOTHING;
  if (json.source === 'aws.s3') return fromEventBridge(json, includesRemovals);
  throw new InvalidMessageError('The message is neither an S3 notification nor an S3 event from EventBridge');
}

function fromS3Records(records: readonly { eventName: string }[], includesRemovals: boolean): Notification {
  const creations = records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName));
  const created = creations.map((record): ObjectCreated => {
    const { eventTime, userIdentity, queuedAt, s3 } = parseWithSchema(s3Record, record);
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
  const removed = includesRemovals ? records.flatMap(removalOf) : [];
  return { created, removed, ignored: records.length - created.length - removed.length };
}

/** A lifecycle's own events say the same as those of a user, under another name (S3 user guide, "Event notification types"). */
function removalOf(record: { eventName: string }): ObjectRemoved[] {
  const [, cause, what] = REMOVAL.exec(record.eventName) ?? [];
  if (cause === undefined) return [];
  const { eventTime, userIdentity, s3 } = parseWithSchema(s3Removal, record);
  return [
    {
      bucket: s3.bucket.name,
      key: decodeKey(s3.object.key),
      eventTime: Date.parse(eventTime),
      sequencer: s3.object.sequencer,
      isByLifecycle: cause === 'LifecycleExpiration',
      ...removedVersion(what === 'DeleteMarkerCreated', s3.object.versionId),
      principalId: userIdentity?.principalId,
    },
  ];
}

/** A deletion without a marker names a version if and only if one version was permanently removed. */
function removedVersion(
  isMarker: boolean,
  named: string | null | undefined,
): Pick<ObjectRemoved, 'removal' | 'versionId'> {
  const versionId = (named ?? '') === '' ? undefined : (named ?? undefined);
  return { removal: isMarker || versionId === undefined ? 'deleted' : 'version-removed', versionId };
}

/** EventBridge sends the key as it is, not URL-encoded. */
function fromEventBridge(json: unknown, includesRemovals: boolean): Notification {
  const { 'detail-type': type } = json as { 'detail-type'?: string };
  if (type === 'Object Deleted' && includesRemovals)
    return { created: [], removed: [eventBridgeRemovalOf(json)], ignored: 0 };
  if (type !== 'Object Created') return NOTHING;
  const { time, detail } = parseWithSchema(eventBridgeEvent, json);
  const created: ObjectCreated = {
    bucket: detail.bucket.name,
    key: detail.object.key,
    etag: detail.object.etag.replaceAll('"', ''),
    size: detail.object.size,
    eventTime: Date.parse(time),
    sequencer: detail.object.sequencer,
    versionId: detail.object['version-id'],
  };
  return { created: [created], removed: [], ignored: 0 };
}

function eventBridgeRemovalOf(json: unknown): ObjectRemoved {
  const { time, detail } = parseWithSchema(eventBridgeRemoval, json);
  const { bucket, object, reason, 'deletion-type': type } = detail;
  return {
    bucket: bucket.name,
    key: object.key,
    eventTime: Date.parse(time),
    sequencer: object.sequencer,
    isByLifecycle: reason === 'Lifecycle Expiration',
    ...removedVersion(type === 'Delete Marker Created', object['version-id']),
  };
}
