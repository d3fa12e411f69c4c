import { formatBytes, formatCount, formatPlural } from '../../command/numbers.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';

const BOX = { width: 134, height: 66 };
const GAP = 22;
const PADDING = 16;
const REGION_HEIGHT = 124;
/** Between the source region and the target regions: room for what crosses it. */
const BORDER_WIDTH = 150;
const HEADING = 26;

interface Place {
  readonly x: number;
  readonly y: number;
}

interface Step {
  readonly title: string;
  readonly lines: readonly [string, string];
  readonly kind: 'box' | 'function';
}

/** The way of the data with the numbers of this run: one source region, and below each other the target regions. */
export function drawPipeline(result: DemoResult): Markup {
  const { destinations } = result.rule;
  const source = sourceSteps(result);
  const target = targetSteps(result);
  const sourceWidth = regionWidth(source.length);
  const targetX = sourceWidth + BORDER_WIDTH;
  const width = targetX + regionWidth(target.length);
  const height = destinations.length * (REGION_HEIGHT + PADDING) - PADDING;
  const sourceY = (height - REGION_HEIGHT) / 2;
  const from = { x: sourceWidth, y: boxMiddle(sourceY) };
  return html`<svg viewBox="-2 -2 ${width + 4} ${height + 4}" role="img" aria-label="The way of the data">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto">
<path d="M0 0 10 5 0 10z"/></marker></defs>
${drawRegion(result.rule.source.region, source, { x: 0, y: sourceY })}
${destinations.map(({ region }, index) => {
  const y = index * (REGION_HEIGHT + PADDING);
  return html`${drawRegion(region, target, { x: targetX, y })}${drawCrossing(from, { x: targetX, y: boxMiddle(y) })}`;
})}
${drawCrossingNumbers(result, { x: sourceWidth + BORDER_WIDTH / 2, y: from.y })}
</svg>`;
}

function sourceSteps(result: DemoResult): Step[] {
  const { uploads, uploadedBytes, repeatedEvents, archives, compressedBytes, rule } = result;
  return [
    { title: 'Source bucket', lines: [formatPlural(uploads, 'upload'), formatBytes(uploadedBytes)], kind: 'box' },
    { title: 'Rule queue', lines: ['S3 events', `${formatCount(repeatedEvents)} sent twice`], kind: 'box' },
    { title: 'Source function', lines: [describeChoice(rule.source.level), 'packs'], kind: 'function' },
    {
      title: 'Outbound bucket',
      lines: [formatPlural(archives.length, 'archive'), formatBytes(compressedBytes)],
      kind: 'box',
    },
  ];
}

function describeChoice(level: number | undefined): string {
  return level === undefined ? 'levels by dollars' : `zstd level ${level}`;
}

function targetSteps({ archives, objects, bytes }: DemoResult): Step[] {
  return [
    { title: 'Inbound bucket', lines: [formatPlural(archives.length, 'archive'), 'then deleted'], kind: 'box' },
    { title: 'Target function', lines: ['restores', 'and verifies'], kind: 'function' },
    { title: 'Target bucket', lines: [formatPlural(objects, 'object'), formatBytes(bytes)], kind: 'box' },
  ];
}

function drawRegion(name: string, steps: readonly Step[], { x, y }: Place): Markup {
  const boxes = steps.map((step, index) => {
    const left = x + PADDING + index * (BOX.width + GAP);
    const top = y + PADDING + HEADING;
    const middle = boxMiddle(y);
    const arrow = index === 0 ? html`` : html`<path class="flow" d="M${left - GAP + 2} ${middle}H${left - 3}"/>`;
    return html`${arrow}${drawBox(step, { x: left, y: top })}`;
  });
  return html`<rect class="region" x="${x}" y="${y}" width="${regionWidth(steps.length)}" height="${REGION_HEIGHT}" rx="10"/>
<text class="small" x="${x + regionWidth(steps.length) / 2}" y="${y + 26}">${name}</text>${boxes}`;
}

function drawBox({ title, lines, kind }: Step, { x, y }: Place): Markup {
  const middle = x + BOX.width / 2;
  return html`<rect class="${kind}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="7"/>
<text class="title" x="${middle}" y="${y + 21}">${title}</text>
<text class="small" x="${middle}" y="${y + 39}">${lines[0]}</text>
<text class="small" x="${middle}" y="${y + 55}">${lines[1]}</text>`;
}

function drawCrossing(from: Place, to: Place): Markup {
  const bend = (from.x + to.x) / 2;
  return html`<path class="flow wide" d="M${from.x + 3} ${from.y}C${bend} ${from.y} ${bend} ${to.y} ${to.x - 4} ${to.y}"/>`;
}

function drawCrossingNumbers({ compressedBytes, uploadedBytes }: DemoResult, { x, y }: Place): Markup {
  return html`<text class="small halo" x="${x}" y="${y - 44}">S3 replication</text>
<text class="number halo" x="${x}" y="${y - 26}">${formatBytes(compressedBytes)}</text>
<text class="small halo" x="${x}" y="${y + 36}">instead of ${formatBytes(uploadedBytes)}</text>`;
}

function regionWidth(boxes: number): number {
  return 2 * PADDING + boxes * BOX.width + (boxes - 1) * GAP;
}

function boxMiddle(regionTop: number): number {
  return regionTop + PADDING + HEADING + BOX.height / 2;
}
