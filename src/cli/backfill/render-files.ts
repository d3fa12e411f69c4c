import type { FileProgress } from '../../backfill/executions.ts';
import { formatCount, formatDuration } from '../command/numbers.ts';

/**
 * A line of progress of an execution.
 * @param seconds since `begun` was seen
 */
export function renderFiles(
  { total, succeeded, failed, running }: FileProgress,
  begun: FileProgress,
  seconds: number,
): string {
  if (total === 0) return 'reading the list of data files';
  const done = succeeded + failed;
  const rate = (done - begun.succeeded - begun.failed) / Math.max(1, seconds);
  const trouble = failed === 0 ? '' : `, ${formatCount(failed)} failed`;
  const pace = rate === 0 ? '' : `, ${(60 * rate).toFixed(1)} files/min, ${formatDuration((total - done) / rate)} left`;
  return `${formatCount(done)} of ${formatCount(total)} data files done${trouble}, ${formatCount(running)} in progress${pace}`;
}
