import { createHash } from 'node:crypto';
import type { ObjectCreated } from '../messages/parse-notification.ts';

export const ARCHIVE_SUFFIX = '.tar.zst';

/**
 * Key of an archive: `<rule id>/<32 hex digits>.tar.zst`, the digits from the object versions that it was planned to hold.
 * The same versions give the same key, so that a crash after the upload overwrites the archive instead of sending
 * a second one. The first segment is what the replication rule filters on, closed by its slash.
 */
export function archiveKey(ruleId: string, objects: readonly ObjectCreated[]): string {
  const versions = objects.map(({ key, etag, sequencer, eventTime }) =>
    JSON.stringify([key, etag, sequencer ?? eventTime]),
  );
  const hash = createHash('sha256').update(versions.toSorted().join('\n')).digest('hex').slice(0, 32);
  return `${ruleId}/${hash}${ARCHIVE_SUFFIX}`;
}
