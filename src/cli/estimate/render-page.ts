import { formatBilledBytes, formatCount } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import { html, type Markup } from '../demo/report/html.ts';
import { STYLE } from '../demo/report/style.ts';
import { type Cell, renderTable } from '../demo/report/table.ts';
import { describeVerdict } from './describe-verdict.ts';
import type { Estimate, GroupEstimate } from './estimate.ts';
import { formatMonthly } from './format-monthly.ts';
import { savedBy } from './make-estimate.ts';
import { BILLED_UNITS, formatRatioWithMargin } from './render-estimate.ts';

/** Max prefixes that are drawn; the table has all of them. */
const DRAWN = 20;
const HUNDRED = 100;
const COLUMNS = ['prefix', 'objects', 'size', 'mean', 'ratio', 'per month', 'S3', 'ours', 'saves', 'a rule'] as const;

/** The estimate as a self-contained page. */
export function renderEstimatePage(estimate: Estimate, made: Date): string {
  const { source, region, to, groups, total, verdict, remarks, prices } = estimate;
  const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Estimate of ${source}</title>
<style>${STYLE}
.card { overflow-x: auto; }
@media (min-width: 701px) { .bar { grid-template-columns: 200px 1fr 240px; } }
</style>
<main>
<h1>What replicating ${source} would save</h1>
<p class="muted">${region} to ${to.join(', ')} · ${made.toISOString().slice(0, 16).replace('T', ' ')} UTC · prices of ${prices.date}. ${BILLED_UNITS}</p>
<div class="verdict ${verdict.kind === 'leave' ? 'bad' : 'good'}">${describeVerdict(verdict, estimate)}</div>
<div class="tiles">${tilesOf(estimate)}</div>
<h2>Dollars per month, by prefix</h2>
<p class="muted">Above: what S3's own replication costs. Below: what s3xrc costs, red if that is more.</p>
<div class="card">${groups.slice(0, DRAWN).map((group) => drawGroup(group, groups))}</div>
<h2>All numbers</h2>
${renderTable(COLUMNS, [...groups, { ...total, prefix: '(all)' }].map(cellsOf))}
<h2>What the numbers do not show</h2>
<ul>${remarks.map((remark) => html`<li>${remark}</li>`)}<li>Ratios are from a sample of ${formatBilledBytes(total.sampledBytes)}; 95% of such samples are within the margin.</li></ul>
</main>
</html>
`;
  return page.text;
}

function tilesOf({ total, fixed }: Estimate): Markup[] {
  const tiles: readonly (readonly [string, string])[] = [
    [formatCount(total.objects), 'objects'],
    [formatBilledBytes(total.bytes), 'stored'],
    [formatRatioWithMargin(total), 'ratio'],
    [formatBilledBytes(total.month.bytes), 'per month'],
    [formatMonthly(total.month.plain), "S3's own replication, per month"],
    [formatMonthly(total.month.ours), 'with s3xrc, per month'],
    [formatMonthly(fixed.rule), 'fixed, per rule'],
    [formatMonthly(fixed.regions), 'fixed, for the regions'],
  ];
  return tiles.map(([value, what]) => html`<div class="tile"><b>${value}</b><span>${what}</span></div>`);
}

/** A bar for the cost with S3 alone, and one for the cost with this product. */
function drawGroup(group: GroupEstimate, groups: readonly GroupEstimate[]): Markup {
  const most = Math.max(...groups.map(({ month }) => Math.max(month.plain, month.ours)), Number.MIN_VALUE);
  const width = (dollars: number): string => ((HUNDRED * dollars) / most).toFixed(1);
  const { plain, ours } = group.month;
  const isLoss = ours > plain;
  return html`<div class="bar"><code>${printableKey(group.prefix) || '(all)'}</code>
<div><div class="track" style="width:${width(plain)}%" title="S3: ${formatMonthly(plain)}"></div>
<div class="track" style="width:${width(ours)}%" title="s3xrc: ${formatMonthly(ours)}"><div class="${isLoss ? 'fill over' : 'fill'}"></div></div></div>
<span class="${isLoss ? 'loss' : 'gain'}">${formatMonthly(plain)} → ${formatMonthly(ours)}</span></div>`;
}

function cellsOf(group: GroupEstimate): Cell[] {
  const { objects, bytes, month, pays } = group;
  return [
    html`<code>${printableKey(group.prefix) || '(all)'}</code>`,
    formatCount(objects),
    formatBilledBytes(bytes),
    formatBilledBytes(bytes / Math.max(1, objects)),
    formatRatioWithMargin(group),
    formatBilledBytes(month.bytes),
    formatMonthly(month.plain),
    formatMonthly(month.ours),
    savedBy(group) < 0
      ? html`<span class="loss">${formatMonthly(savedBy(group))}</span>`
      : formatMonthly(savedBy(group)),
    pays ? 'pays' : html`<span class="loss">does not pay</span>`,
  ];
}
