import { ArchiveAttempt, type BuildRequest, type BuiltArchive } from './archive-attempt.ts';
import type { PackItem } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import { RestartWithoutItem } from './packed-objects.ts';
import type { ExclusionReason } from './read-item.ts';

export interface BuildResult {
  /** Absent if there is nothing to count: nothing was left to pack, or S3 has the archive from another attempt. */
  readonly archive?: BuiltArchive;
  readonly leftOut: ReadonlyMap<PackItem, ExclusionReason>;
}

/**
 * Packs items into one archive and uploads it while it is being made: frames are read and compressed concurrently, as
 * many as there are buffers, and appended in order.
 *
 * A small object that cannot be read is left out of its frame. If an object that spans frames fails after some of them
 * were sent, or if an object's bytes do not match S3's checksum, the archive would be wrong, so it starts over without
 * that object. The archive of one object of `limits.resumableBytes` or more resumes where an earlier attempt was
 * interrupted.
 * @throws errors of storage or workers; then nothing was acknowledged, and the upload is aborted or kept for the next
 * attempt
 */
export async function buildArchive(request: BuildRequest, dependencies: PackingDependencies): Promise<BuildResult> {
  const leftOut = new Map<PackItem, ExclusionReason>();
  for (;;) {
    const items = request.items.filter((item) => !leftOut.has(item));
    if (items.length === 0) return { leftOut };
    try {
      const attempt = new ArchiveAttempt({ ...request, items }, dependencies, leftOut);
      const archive = await attempt.run();
      return archive === undefined ? { leftOut } : { archive, leftOut };
    } catch (thrown) {
      if (!(thrown instanceof RestartWithoutItem)) throw thrown;
      leftOut.set(thrown.item, thrown.reason);
    }
  }
}
