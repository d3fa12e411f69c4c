import { formatBytes } from '../../command/numbers.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';
import { arrowTip, BOX, drawBox, type Point, type Step, sourceSteps, targetSteps } from './pipeline-steps.ts';

const GAP = 22;
const PADDING = 16;
const REGION_HEIGHT = 124;
/** Space between the source region and the target regions, for the arrows. */
const BORDER_WIDTH = 150;
const HEADING = 26;

/** The route of the data with the numbers of this run: one source region, and the target regions stacked vertically. */
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
  return html`<svg class="level" viewBox="-2 -2 ${width + 4} ${height + 4}" role="img" aria-label="Data flow">
${arrowTip('tip')}
${drawRegion(result.rule.source.region, source, { x: 0, y: sourceY })}
${destinations.map(({ region }, index) => {
  const y = index * (REGION_HEIGHT + PADDING);
  return html`${drawRegion(region, target, { x: targetX, y })}${drawCrossing(from, { x: targetX, y: boxMiddle(y) })}`;
})}
${drawCrossingNumbers(result, { x: sourceWidth + BORDER_WIDTH / 2, y: from.y })}
</svg>`;
}

function drawRegion(name: string, steps: readonly Step[], { x, y }: Point): Markup {
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

function drawCrossing(from: Point, to: Point): Markup {
  const bend = (from.x + to.x) / 2;
  return html`<path class="flow wide" d="M${from.x + 3} ${from.y}C${bend} ${from.y} ${bend} ${to.y} ${to.x - 4} ${to.y}"/>`;
}

function drawCrossingNumbers({ compressedBytes, uploadedBytes }: DemoResult, { x, y }: Point): Markup {
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
