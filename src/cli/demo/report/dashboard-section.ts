import {
  formatBytes,
  formatCount,
  formatDollarsPerTerabyte,
  formatSeconds,
  formatShare,
} from '../../command/numbers.ts';
import type { LevelUse } from '../pipeline/level-use.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';
import { renderTable } from './table.ts';

/** The CloudWatch dashboard's view of the run, except dollars, from the metrics that the functions wrote. */
export function renderDashboardSection({ metrics }: DemoResult): Markup {
  const { failures } = metrics;
  const tiles: readonly (readonly [string, string])[] = [
    [metrics.throughput === null ? '–' : `${formatBytes(metrics.throughput)}/s`, 'throughput per archive'],
    [formatCount(failures.downloads + failures.uploads), 'failed reads and uploads at the source'],
    [formatCount(failures.restores), 'failed restores of objects, including those of damaged archives'],
    [formatCount(failures.statistics), 'lost statistics'],
  ];
  const rows = Object.entries(metrics.latencySeconds).map(([region, { p50, p90, p99, maximum }]) => [
    region,
    ...[p50, p90, p99, maximum].map((seconds) => (seconds === null ? '–' : formatSeconds(seconds))),
  ]);
  return html`<div class="tiles">${tiles.map(([value, name]) => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`)}</div>
${renderTable(['Event to restored object', 'p50', 'p90', 'p99', 'Slowest'], rows)}`;
}

/** The levels of the frames of each kind of content, and why they were chosen. */
export function renderLevels(levels: readonly LevelUse[]): Markup {
  const rows = levels.map(({ content, level, reason, frames, bytes, compressedBytes }) => [
    content,
    level,
    reason,
    formatCount(frames),
    formatBytes(bytes),
    formatBytes(compressedBytes),
  ]);
  return renderTable(['Content', 'Level', 'Because', 'Frames', 'Bytes', 'Compressed'], rows);
}

/** The cost of one level for all. Empty if that was not requested. */
export function renderComparison({ comparison = [], packed }: DemoResult): Markup {
  const [chosen] = comparison;
  if (chosen === undefined) return html``;
  const rows = comparison.map((cost) => [
    cost.level,
    formatBytes(cost.compressedBytes),
    formatSeconds(cost.cpuSeconds),
    formatDollarsPerTerabyte(cost.dollars, packed.bytes),
    cost === chosen ? '' : formatShare(cost.dollars / chosen.dollars - 1),
  ]);
  return html`<h2>One level for everything instead</h2>
<p class="muted">Every frame was compressed again at each level, after the run, timed by one clock: transfer, staging and CPU time
of compression. The chosen levels include the cost of choosing: tests, probes and trials.</p>
${renderTable(['Level', 'Compressed', 'CPU time', 'Dollars per TB', 'Over chosen levels'], rows)}`;
}
