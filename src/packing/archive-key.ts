import { createHash, randomBytes } from 'node:crypto';
import { ARCHIVE_SUFFIX } from '../archive/format.ts';
import { keyTime } from '../archive/key-time.ts';
import type { ObjectCreated } from '../messages/parse-notification.ts';

/** What of an object, or of a deletion, is in the key of its archive. */
export type ArchivedWrite = Pick<ObjectCreated, 'key' | 'eventTime' | 'sequencer' | 'backfilledAt'> & {
  /** Deletions have none. */
  readonly etag?: string;
};

/** Bytes of an attempt's name. Two alike at the same events would meet a 412 and the wrong checksum, and lose nothing. */
const ATTEMPT_BYTES = 8;

/**
 * Key of an archive: `<rule id>/<time>-<32 hex digits>.tar.zst`, such as `20261123T191500123Z-...`, with `-<attempt>` before the
 * suffix where it has one. The time is that of the earliest event, the digits are made from the object versions that it was
 * planned to hold. The first segment is what the replication rule filters on, closed by its slash. Because the time comes
 * next, the first key of a list is that of the archive with the oldest object: src/watermark reads it from there.
 *
 * What a backfill has queued counts from `packedAt`, so that it makes no rule look late.
 *
 * @param attempt see `newAttempt`. Absent only where whatever attempt writes the key, the same object is in it
 * @param packedAt milliseconds since 1970. Absent with `attempt`: a backfilled object then counts from when it was queued
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
  return `${ruleId}/${keyTime(earliest)}-${hash}${suffix}`;
}

/**
 * A name that no other attempt has, 16 hex digits. What could not be read is left out of an archive, so two attempts at the same
 * events may hold different objects: neither may take the other's key.
 */
export function newAttempt(): string {
  return randomBytes(ATTEMPT_BYTES).toString('hex');
}
