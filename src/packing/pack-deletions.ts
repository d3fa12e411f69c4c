import { MAX_MANIFEST_SIZE } from '../archive/format.ts';
import type { ManifestDeletion } from '../archive/manifest.ts';
import { encodeSeekTable } from '../archive/seek-table.ts';
import { asCompressorError } from '../errors.ts';
import { Deadline } from '../messages/deadline.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import { archiveKey, createAttemptId } from './archive-key.ts';
import { ArchiveUpload } from './archive-upload.ts';
import type { BatchLedger } from './batch-ledger.ts';
import { compressManifest } from './compress-manifest.ts';
import type { PackingDependencies } from './dependencies.ts';
import { itemsAge } from './event-ages.ts';
import { manifestTargets } from './manifest-entry.ts';
import type { DeletionItem } from './settle-removals.ts';

/** Bytes of an entry besides its key, which may be longer in JSON. */
const DELETION_ENTRY_BYTES = 300;
const MANIFEST_BUDGET = 0.75 * MAX_MANIFEST_SIZE;

/**
 * Packs deletions into separate archives: a manifest and a seek table, one PUT each. They are replicated, fanned out,
 * resent and dead-lettered like archives of objects, which stay the same as without deletions.
 * @param secondsLeft of the invocation
 */
export async function packDeletions(
  deletions: readonly DeletionItem[],
  ledger: BatchLedger,
  secondsLeft: () => number,
  dependencies: PackingDependencies,
): Promise<void> {
  for (const together of cutDeletions(deletions)) {
    using deadline = new Deadline(1000 * secondsLeft(), undefined, dependencies.stop);
    const outcome = await packTogether(together, deadline.signal, dependencies);
    for (const { removals } of together) for (const { message } of removals) ledger.note(message, outcome);
  }
}

/** As many as fit into a manifest. */
function cutDeletions(deletions: readonly DeletionItem[]): DeletionItem[][] {
  const archives: DeletionItem[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const deletion of deletions) {
    const entry = DELETION_ENTRY_BYTES + 2 * Buffer.byteLength(deletion.object.key);
    if (bytes + entry > MANIFEST_BUDGET) {
      archives.push([]);
      bytes = 0;
    }
    archives.at(-1)?.push(deletion);
    bytes += entry;
  }
  return archives;
}

async function packTogether(
  deletions: readonly DeletionItem[],
  signal: AbortSignal,
  dependencies: PackingDependencies,
): Promise<MessageOutcome> {
  const { rule, outboundBucket, telemetry, now } = dependencies;
  const objects = deletions.map(({ object }) => object);
  const location = { bucket: outboundBucket, key: archiveKey(rule.id, objects, createAttemptId()) };
  try {
    signal.throwIfAborted();
    const archiveBytes = await upload(deletions.map(deletionEntry), location, signal, dependencies);
    telemetry.deletionsPacked({
      rule: rule.id,
      ...location,
      deletions: deletions.length,
      archiveBytes,
      delaySeconds: itemsAge(deletions, now),
    });
    return { kind: 'done' };
  } catch (thrown) {
    return signal.aborted ? { kind: 'again' } : failedOutcome(asCompressorError(thrown));
  }
}

async function upload(
  deletions: ManifestDeletion[],
  location: { readonly bucket: string; readonly key: string },
  signal: AbortSignal,
  { rule, store, buffers, pool, levels, telemetry }: PackingDependencies,
): Promise<number> {
  const archive = new ArchiveUpload({
    store,
    location,
    isShared: false,
    buffers: buffers.parts,
    signal,
    framesPerPart: 1,
  });
  try {
    // The manifest itself is text.
    const level = levels.plan().expect('text');
    const manifest = { rule: rule.id, level, targets: manifestTargets(rule), objects: [], deletions };
    const frame = await compressManifest(manifest, level, pool, location);
    await archive.append(new Uint8Array(frame.output, 0, frame.compressed), frame.frameChecksum);
    await archive.append(encodeSeekTable([frame]));
    return await archive.complete();
  } catch (thrown) {
    await archive.abort().catch((left: unknown) => {
      telemetry.uploadLeftBehind(location, asCompressorError(left));
    });
    throw thrown;
  }
}

function deletionEntry({ object }: DeletionItem): ManifestDeletion {
  const { bucket, key, eventTime, sequencer, versionId } = object;
  return {
    source_bucket: bucket,
    key,
    event_time: new Date(eventTime).toISOString(),
    ...(sequencer === undefined ? {} : { sequencer }),
    ...(versionId === undefined ? {} : { version_id: versionId }),
  };
}
