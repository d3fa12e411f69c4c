import { formatBytes } from '../../command/numbers.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';
import { arrowTip, BOX, drawBox, type Step, sourceSteps, targetSteps } from './pipeline-steps.ts';

const GAP = 22;
const PADDING = 16;
const HEADING = 26;
/** Space between regions, for the arrows. */
const BORDER_HEIGHT = 84;
const WIDTH = 280;

/**
 * The route of the data from top to bottom, for narrow pages: it contains every box, with text as large as that of the
 * page.
 */
export function drawVertical(result: DemoResult): Markup {
  const source = sourceSteps(result);
  const target = targetSteps(result);
  const { region, bucket } = result.rule.source;
  const regions = [
    { name: region, steps: source },
    ...result.rule.destinations.map((destination) => ({ name: destination.region, steps: target })),
  ];
  const tops = regions.map((_, index) =>
    regions.slice(0, index).reduce((sum, { steps }) => sum + regionHeight(steps) + BORDER_HEIGHT, 0),
  );
  const height = (tops.at(-1) ?? 0) + regionHeight(target);
  return html`<svg class="upright" viewBox="-2 -2 ${WIDTH + 4} ${height + 4}" role="img" aria-label="Data flow of ${bucket}">
${arrowTip('upright-tip')}
${regions.map(({ name, steps }, index) => drawRegionAt(name, steps, tops[index] ?? 0))}
${tops.slice(1).map((top) => drawCrossingAt(result, top))}
</svg>`;
}

function drawRegionAt(name: string, steps: readonly Step[], top: number): Markup {
  const x = (WIDTH - BOX.width) / 2;
  const middle = WIDTH / 2;
  const boxes = steps.map((step, index) => {
    const y = top + PADDING + HEADING + index * (BOX.height + GAP);
    const arrow = index === 0 ? html`` : html`<path class="flow" d="M${middle} ${y - GAP + 2}V${y - 3}"/>`;
    return html`${arrow}${drawBox(step, { x, y })}`;
  });
  return html`<rect class="region" x="0" y="${top}" width="${WIDTH}" height="${regionHeight(steps)}" rx="10"/>
<text class="small" x="${middle}" y="${top + 26}">${name}</text>${boxes}`;
}

/** @param top of the target region; each is reached from the source, not from the region above it */
function drawCrossingAt({ compressedBytes, uploadedBytes, rule }: DemoResult, top: number): Markup {
  const middle = WIDTH / 2;
  const start = top - BORDER_HEIGHT;
  return html`<path class="flow wide" d="M${middle} ${start + 3}V${top - 4}"/>
<text class="small halo" x="${middle}" y="${start + 26}">S3 replication from ${rule.source.region}</text>
<text class="number halo" x="${middle}" y="${start + 44}">${formatBytes(compressedBytes)}</text>
<text class="small halo" x="${middle}" y="${start + 61}">instead of ${formatBytes(uploadedBytes)}</text>`;
}

function regionHeight(steps: readonly Step[]): number {
  return 2 * PADDING + HEADING + steps.length * BOX.height + (steps.length - 1) * GAP;
}
