import type { InspectedArchive } from './archives/inspect-archive.ts';
import type { PackedRun } from './cost-comparison.ts';

/**
 * The part of a run that resembles normal operation: without the few archives that are early, late or repeat packed
 * objects, and would make archives look smaller, and objects more expensive, than they are.
 * @param archives in the order of their creation
 * @param cpuSeconds of compression, for all of them
 * @param plainKeys of objects that are written once, and are not held back
 */
export function describeSteadyState(
  archives: readonly InspectedArchive[],
  cpuSeconds: number,
  plainKeys: ReadonlySet<string>,
): PackedRun {
  const seen = new Set<string>();
  const bulk = archives.filter(({ versions }) => {
    const isNew = versions.some(({ key }) => plainKeys.has(key) && !seen.has(key));
    for (const { key } of versions) seen.add(key);
    return isNew;
  });
  const sumBytes = (some: readonly InspectedArchive[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
  const total = sumBytes(archives);
  return {
    sizes: bulk.flatMap(({ versions }) => versions.map(({ size }) => size)),
    archiveBytes: bulk.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0),
    cpuSeconds: total === 0 ? cpuSeconds : (cpuSeconds * sumBytes(bulk)) / total,
  };
}
