import { createHash, randomBytes } from 'node:crypto';
import { ARCHIVE_SUFFIX } from '../archive/format.ts';
import { formatKeyTime } from '../archive/key-time.ts';
import type { ObjectCreated } from '../messages/parse-notification.ts';

/** The properties of an object or deletion that determine the key of its archive. */
export type ArchivedWrite = Pick<ObjectCreated, 'key' | 'eventTime' | 'sequencer' | 'backfilledAt'> & {
  /** Deletions have none. */
  readonly etag?: string;
};

/**
 * Bytes of an attempt's name. Two equal names for the same events would lead to a 412 and a wrong checksum, but lose
 * nothing.
 */
const ATTEMPT_BYTES = 8;

/**
 * Key of an archive: `<rule id>/<time>-<32 hex digits>.tar.zst`, such as `20261123T191500123Z-...`, with `-<attempt>`
 * before the suffix if it has one. The time is that of the earliest event; the digits are a hash of the object versions
 * that it was planned to hold. The replication rule filters on the first segment, including its slash. Because the time
 * comes next, the first key of a list is that of the archive with the oldest object: src/watermark reads it from there.
 *
 * Objects queued by a backfill count from `packedAt`, so that they make no rule look late.
 *
 * @param attempt see `createAttemptId`. Absent only if every attempt at the key holds the same object
 * @param packedAt milliseconds since 1970. Absent with `attempt`: a backfilled object then counts from when it was
 * queued
 */
export function archiveKey(
  ruleId: string,
  objects: readonly ArchivedWrite[],
  attempt?: string,
  packedAt?: number,
): string {
  const versions = objects.map(({ key, etag = '', sequencer, eventTime }) =>
    JSON.stringify([key, etag, sequencer ?? eventTime]),
  );
  const hash = createHash('sha256').update(versions.toSorted().join('\n')).digest('hex').slice(0, 32);
  const earliest = objects.reduce(
    (earliest, { eventTime, backfilledAt }) =>
      Math.min(earliest, backfilledAt === undefined ? eventTime : (packedAt ?? backfilledAt)),
    Number.POSITIVE_INFINITY,
  );
  const suffix = attempt === undefined ? ARCHIVE_SUFFIX : `-${attempt}${ARCHIVE_SUFFIX}`;
  return `${ruleId}/${formatKeyTime(earliest)}-${hash}${suffix}`;
}

/**
 * A unique name of an attempt, 16 hex digits. Objects that cannot be read are left out of an archive, so two attempts
 * at the same events may hold different objects, and must not share a key.
 */
export function createAttemptId(): string {
  return randomBytes(ATTEMPT_BYTES).toString('hex');
}
