import {
  formatBytes,
  formatCount,
  formatDollars,
  formatDollarsATerabyte,
  formatRatio,
  formatSeconds,
  formatShare,
  ratioOf,
} from '../../command/numbers.ts';
import type { LevelUse } from '../pipeline/level-use.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';

/** The numbers of the CloudWatch dashboard, out of the metrics that the functions wrote during the run. */
export function renderDashboardSection({ metrics }: DemoResult): Markup {
  const { dollars, failures } = metrics;
  const tiles: readonly (readonly [string, string])[] = [
    [formatDollars(dollars.netBenefit), 'net benefit'],
    [formatDollars(dollars.transferSavings), 'saved on transfer'],
    [formatDollars(dollars.packing), 'compute of packing'],
    [formatDollars(dollars.restoring), 'compute of restoring'],
    [metrics.throughput === null ? '–' : `${formatBytes(metrics.throughput)}/s`, 'throughput of an archive'],
    [formatCount(failures.downloads + failures.uploads), 'failed reads and uploads of the source'],
    [formatCount(failures.restores), 'failed restores of objects'],
    [formatCount(failures.statistics), 'lost statistics'],
  ];
  const rows = Object.entries(metrics.latencySeconds).map(
    ([region, { p50, p90, p99, maximum }]) =>
      html`<tr><td>${region}</td>${[p50, p90, p99, maximum].map(
        (seconds) => html`<td>${seconds === null ? '–' : formatSeconds(seconds)}</td>`,
      )}</tr>`,
  );
  return html`<div class="tiles">${tiles.map(([value, name]) => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`)}</div>
<div class="card"><table><thead><tr><th>Event to restored object</th><th>p50</th><th>p90</th><th>p99</th><th>Slowest</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** What the frames of each kind of content were compressed with, and why. */
export function renderLevels(levels: readonly LevelUse[]): Markup {
  const rows = levels.map(
    ({ content, level, reason, frames, bytes, compressedBytes }) => html`<tr><td>${content}</td><td>${level}</td>
<td>${reason}</td><td>${formatCount(frames)}</td><td>${formatBytes(bytes)}</td><td>${formatBytes(compressedBytes)}</td>
<td>${formatRatio(ratioOf(bytes, compressedBytes))}</td></tr>`,
  );
  return html`<div class="card"><table><thead><tr><th>Content</th><th>Level</th><th>Because</th><th>Frames</th><th>Bytes</th>
<th>Compressed</th><th>Ratio</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** What one level for all would have cost. Nothing, if that was not asked for. */
export function renderComparison({ comparison = [], packed }: DemoResult): Markup {
  const [chosen] = comparison;
  if (chosen === undefined) return html``;
  const rows = comparison.map(
    (cost) => html`<tr><td>${cost.level}</td><td>${formatBytes(cost.compressedBytes)}</td>
<td>${formatSeconds(cost.cpuSeconds)}</td><td>${formatDollarsATerabyte(cost.dollars, packed.bytes)}</td>
<td>${cost === chosen ? '' : formatShare(cost.dollars / chosen.dollars - 1)}</td></tr>`,
  );
  return html`<h2>One level for all, instead</h2>
<p class="muted">Every frame compressed again at each level, after the run and by one clock: transfer, staging and CPU time of
compression. What was chosen includes what choosing cost: tests, probes and trials.</p>
<div class="card"><table><thead><tr><th>Level</th><th>Compressed</th><th>CPU time</th><th>Dollars a TB</th>
<th>Over what was chosen</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
