import { describeLevel } from '../../../configuration/schema/levels.ts';
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatPlural,
  formatRatio,
  formatSeconds,
  ratioOf,
} from '../../command/numbers.ts';
import type { InspectedArchive } from '../archives/inspect-archive.ts';
import { type CostComparison, monthTitle, sumsOf } from '../cost-comparison.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';
import { renderSaving, renderTable } from './table.ts';

export function renderTiles(result: DemoResult): Markup {
  const { deletions, faults, fallback, verification } = result;
  const tiles: [string, string][] = [
    [formatCount(result.objects), 'objects'],
    [formatBytes(result.bytes), 'in their last versions'],
    [formatCount(result.archives.length), 'archives'],
    [
      formatCount(result.packed.objects),
      result.packedAgain === 0
        ? 'objects in them'
        : `objects in them, ${formatCount(result.packedAgain)} of them packed again`,
    ],
    [formatBytes(result.compressedBytes), 'compressed'],
    [formatRatio(result.ratio), 'ratio of uploads to archives, including what was packed again'],
    [formatSeconds(result.seconds), 'first upload to last restore'],
    [formatCount(verification.identical), 'identical'],
    [formatCount(verification.lost), 'lost'],
    [formatCount(verification.altered), 'altered'],
    [formatCount(result.deadLetters.length), 'dead letters'],
    [formatCount(result.violations.length), 'violations: wrong number of writes, archives left behind or unreadable'],
    [`${formatCount(result.refusedArchives)} of ${formatCount(result.damagedArchives)}`, 'damaged archives refused'],
  ];
  if (deletions.archives > 0) {
    tiles.push([formatCount(deletions.deleted), 'deleted after they arrived']);
    tiles.push([formatCount(deletions.overtaken), 'deleted before they arrived']);
    tiles.push([formatCount(deletions.undeleted), 'deleted and undeleted']);
    tiles.push([formatCount(deletions.rewritten), 'deleted and rewritten']);
  }
  if (fallback !== undefined) {
    const { packed, restored } = fallback;
    tiles.push([formatCount(packed.objects), `packed by fallback tasks, ${formatBytes(packed.bytes)}`]);
    tiles.push([formatCount(restored.objects), `restored by fallback tasks, ${formatBytes(restored.bytes)}`]);
  }
  if (faults.rate > 0) {
    tiles.push([formatCount(faults.failedCalls), `calls made to fail (${(100 * faults.rate).toFixed(1)}%)`]);
    tiles.push([formatCount(faults.killedWorkers), 'workers killed while busy']);
    tiles.push([formatCount(faults.failedInvocations), 'invocations that failed']);
    if (fallback !== undefined) {
      tiles.push([formatCount(fallback.killedTasks), 'fallback tasks killed while busy']);
      tiles.push([formatCount(fallback.reclaimedTasks), 'fallback tasks reclaimed while busy']);
    }
  }
  return html`<div class="tiles">${tiles.map(([value, name]) => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`)}</div>`;
}

/** The outcome in dollars: stated once, with a loss clearly marked. */
export function renderCostComparison({ worth }: DemoResult): Markup {
  if (worth === undefined) return html``;
  const { terabyte, month, verdict } = worth;
  const table = (title: string, of: CostComparison): Markup => {
    const lines = [...of.lines, { what: 'net', ...sumsOf(of) }];
    const rows = lines.map(({ what, plain, ours }) => [
      what,
      formatAmount(plain),
      formatAmount(ours),
      renderSaving(plain - ours),
    ]);
    return renderTable([title, 'S3 alone', 'With this', 'Saved'], rows);
  };
  const months = month === undefined ? html`` : table(monthTitle(month), month);
  return html`<h2>Dollars</h2>
<div class="verdict ${(month ?? terabyte).net < 0 ? 'bad' : 'good'}">${verdict}</div>
${table('USD per TB of such objects', terabyte)}${months}`;
}

export function renderTypes({ types }: DemoResult): Markup {
  const rows = [...types].map(([type, { objects, bytes, compressedBytes }]) => {
    const share = bytes === 0 ? 0 : Math.min(100, (100 * compressedBytes) / bytes);
    const ratio = formatRatio(bytes === 0 ? null : ratioOf(bytes, compressedBytes));
    const isLoss = compressedBytes > bytes;
    return html`<div class="bar"><span>${type}<br><span class="muted">${formatPlural(objects, 'object')}, ${formatBytes(bytes)}</span></span>
<div class="track"><div class="${isLoss ? 'fill over' : 'fill'}" style="width:${share.toFixed(1)}%"></div></div>
<span class="${isLoss ? 'loss' : 'gain'}">${formatBytes(compressedBytes)} · ${ratio}</span></div>`;
  });
  return html`<p class="muted">The full width is the size of the objects, the filled part their size in the archives; red marks
what became larger, as a few bytes do. Types share frames: a frame's bytes are divided by what each type compresses to on its own.</p><div class="card">${rows}</div>`;
}

export function renderArchives(archives: readonly InspectedArchive[]): Markup {
  const rows = archives.map(({ name, objects, bytes, compressedBytes, frames, level }) => [
    html`<code>${name}</code>`,
    formatCount(objects),
    formatCount(frames),
    describeLevel(level),
    formatBytes(bytes),
    formatBytes(compressedBytes),
  ]);
  return renderTable(['Archive', 'Objects', 'Frames', 'Level', 'Bytes', 'Compressed'], rows);
}

/** Empty if there are no problems. */
export function renderProblems({ verification, deadLetters, violations }: DemoResult): Markup {
  const findings = verification.findings.map(({ region, key, differences }) => [region, key, differences.join('; ')]);
  const letters = deadLetters.map(({ queue, code, reason }) => [queue, code, reason]);
  const broken = violations.map((violation) => [violation]);
  return html`${renderTexts('Differences', findings)}${renderTexts('Violations', broken)}${renderTexts('Dead letters', letters)}`;
}

function renderTexts(title: string, rows: readonly (readonly string[])[]): Markup {
  if (rows.length === 0) return html``;
  const cells = rows.map((row) => html`<tr>${row.map((text) => html`<td class="text">${text}</td>`)}</tr>`);
  return html`<h2>${title}</h2><div class="card"><table><tbody>${cells}</tbody></table></div>`;
}
