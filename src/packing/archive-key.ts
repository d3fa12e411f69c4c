import { createHash } from 'node:crypto';
import { ARCHIVE_SUFFIX } from '../archive/format.ts';
import { keyTime } from '../archive/key-time.ts';
import type { ObjectCreated } from '../messages/parse-notification.ts';

/**
 * Key of an archive: `<rule id>/<time>-<32 hex digits>.tar.zst`, such as `20261123T191500123Z-...`. The time is that of
 * the earliest event, the digits are made from the object versions that it was planned to hold: the same events give
 * the same key, so that a crash after the upload overwrites the archive instead of sending a second one. The first segment
 * is what the replication rule filters on, closed by its slash. Because the time comes next, the first key of a list is
 * that of the archive with the oldest object: src/watermark reads it from there.
 */
export function archiveKey(ruleId: string, objects: readonly ObjectCreated[]): string {
  const versions = objects.map(({ key, etag, sequencer, eventTime }) =>
    JSON.stringify([key, etag, sequencer ?? eventTime]),
  );
  const hash = createHash('sha256').update(versions.toSorted().join('\n')).digest('hex').slice(0, 32);
  const earliest = objects.reduce((earliest, { eventTime }) => Math.min(earliest, eventTime), Number.POSITIVE_INFINITY);
  return `${ruleId}/${keyTime(earliest)}-${hash}${ARCHIVE_SUFFIX}`;
}
