import { Deadline } from '../messages/deadline.ts';
import { type BuildResult, buildArchive } from './build-archive.ts';
import type { PackItem } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import { runTimeExceededError } from './describe-limits.ts';
import { ArchiveInProgressError } from './errors.ts';
import { itemsAge } from './event-ages.ts';
import { largeObjectRequests } from './large-object-requests.ts';
import type { PlannedLevels } from './plan-levels.ts';

/**
 * Builds an archive before a deadline. The next prediction learns from the time that it took, or from its progress.
 * @param seconds until the deadline
 * @throws RunTimeExceededError when it is not done by then
 */
export async function buildInTime(
  items: readonly PackItem[],
  { levels, works }: PlannedLevels,
  seconds: number,
  dependencies: PackingDependencies,
): Promise<BuildResult> {
  const { rule, outboundBucket, telemetry, now, speed, stop } = dependencies;
  using deadline = new Deadline(seconds * 1000, () => runTimeExceededError(items, seconds), stop);
  const started = now();
  try {
    const result = await buildArchive({ items, levels, signal: deadline.signal }, dependencies);
    const elapsed = (now() - started) / 1000;
    if (result.archive !== undefined) {
      const { location, items: packed, isResumed, ...bytes } = result.archive;
      if (!isResumed) speed.learn(works, elapsed);
      await levels.learn();
      telemetry.archivePacked({
        rule: rule.id,
        ...location,
        ...bytes,
        objects: packed.length,
        ...largeObjectRequests(packed.map(({ object }) => object.size)),
        levels: levels.shares(),
        seconds: elapsed,
        delaySeconds: itemsAge(packed, now),
      });
    }
    return result;
  } catch (thrown) {
    if (thrown instanceof ArchiveInProgressError) {
      telemetry.archiveInProgress({ bucket: outboundBucket, key: thrown.archive }, thrown.seconds);
    }
    if (deadline.reason === undefined) throw thrown;
    speed.learnCutOff(works, (now() - started) / 1000);
    throw deadline.reason;
  }
}
