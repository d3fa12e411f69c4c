import { MAX_NOTIFICATIONS } from '../configuration/checks/events.ts';
import { NotificationConflictError } from './errors.ts';
import { encodeFilterValue, filtersOverlap } from './filter-overlap.ts';
import type { QueueNotification, StoredNotification } from './ports.ts';
import type { NotificationProperties } from './resource-properties.ts';

/** The new configuration of a bucket. */
export interface NotificationMerge {
  readonly kept: readonly StoredNotification[];
  readonly added: readonly QueueNotification[];
  /** Whether nothing needs to change. */
  readonly isSettled: boolean;
}

const EVENT_BRIDGE: QueueNotification = {
  id: '',
  destination: '',
  events: [],
  prefix: '',
  suffix: '',
  isEventBridge: true,
};
/** The events of a notification, by the deletions that it includes. */
export const NOTIFIED_EVENTS: Readonly<
  Record<NonNullable<NotificationProperties['Deletions']> | 'none', readonly string[]>
> = {
  none: ['s3:ObjectCreated:*'],
  users: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
  all: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'],
};

/**
 * Puts our notifications into a bucket's configuration, in place of those that earlier properties asked for. A
 * notification is ours if it has both an id and a queue of ours; everything else stays unchanged, in its order.
 * EventBridge is turned on if we need it and never off, since others may receive events through it.
 * @throws NotificationConflictError when S3 would refuse the result
 */
export function mergeNotifications(
  bucket: string,
  stored: readonly StoredNotification[],
  wanted: readonly NotificationProperties[],
  former: readonly Pick<NotificationProperties, 'Id' | 'QueueArn'>[],
  needsEventBridge = false,
): NotificationMerge {
  const targets = wanted.map(toQueueNotification);
  const owned = new Set([...wanted, ...former].map(({ Id, QueueArn }) => ownershipMark(Id, QueueArn)));
  const isOwned = ({ id, destination }: StoredNotification): boolean => owned.has(ownershipMark(id, destination));
  const foreign = stored.filter((entry) => !isOwned(entry));
  for (const target of targets) refuseConflict(bucket, target, foreign);
  refuseTooMany(bucket, targets.length, foreign);

  const isWanted = (entry: StoredNotification): boolean => targets.some((target) => isSame(entry, target));
  const kept = stored.filter((entry) => !isOwned(entry) || isWanted(entry));
  const missing = targets.filter((target) => !stored.some((entry) => isSame(entry, target)));
  const isSwitchedOn = stored.some(({ isEventBridge }) => isEventBridge === true);
  const added = needsEventBridge && !isSwitchedOn ? [...missing, EVENT_BRIDGE] : missing;
  return { kept, added, isSettled: added.length === 0 && kept.length === stored.length };
}

function toQueueNotification({ Id, QueueArn, Prefix, Suffix, Deletions }: NotificationProperties): QueueNotification {
  return {
    id: Id,
    destination: QueueArn,
    events: NOTIFIED_EVENTS[Deletions ?? 'none'],
    prefix: encodeFilterValue(Prefix),
    suffix: encodeFilterValue(Suffix),
  };
}

function ownershipMark(id: string, destination: string): string {
  return `${id} ${destination}`;
}

function isSame(stored: StoredNotification, target: QueueNotification): boolean {
  return (
    stored.id === target.id &&
    stored.destination === target.destination &&
    stored.prefix === target.prefix &&
    stored.suffix === target.suffix &&
    stored.events.toSorted().join() === target.events.toSorted().join()
  );
}

function refuseConflict(bucket: string, target: QueueNotification, foreign: readonly StoredNotification[]): void {
  const rival = foreign.find((entry) => entry.id === target.id || filtersOverlap(entry, target));
  if (rival === undefined) return;
  const remedy =
    rival.id === target.id
      ? 'Remove it if it is left over from an earlier deployment, or deploy under another stack name'
      : 'Change its filter or that of the rule, or set "events": "eventbridge" in the source of the rule, which then needs no notification';
  throw new NotificationConflictError(
    `Bucket ${bucket} has the notification "${rival.id}" to ${rival.destination} (${describeFilter(rival)}), which ` +
      `conflicts with "${target.id}" (${describeFilter(target)}): S3 sends an event to only one notification. ${remedy}.`,
    { context: { bucket, notification: rival.id, destination: rival.destination, wanted: target.id } },
  );
}

/** EventBridge does not count as a notification here. */
function refuseTooMany(bucket: string, ours: number, foreign: readonly StoredNotification[]): void {
  const others = foreign.filter(({ isEventBridge }) => isEventBridge !== true).length;
  if (ours === 0 || ours + others <= MAX_NOTIFICATIONS) return;
  throw new NotificationConflictError(
    `Bucket ${bucket} has ${others} notifications that are not ours, and the rules need ${ours}: more than the ${MAX_NOTIFICATIONS} that S3 allows ` +
      'per bucket. Set "events": "eventbridge" in the source of some rules, which then need no notification, or remove others.',
    { context: { bucket, others, ours } },
  );
}

function describeFilter({ events, prefix, suffix }: Omit<StoredNotification, 'text'>): string {
  return `${events.join(', ')}; prefix "${prefix}", suffix "${suffix}"`;
}
