import { formatBytes, formatCount, formatPlural } from '../../command/numbers.ts';
import type { DemoResult } from '../result.ts';
import { html, type Markup } from './html.ts';

export const BOX = { width: 134, height: 66 };

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A bucket, queue or function on the route, with its numbers. */
export interface Step {
  readonly title: string;
  readonly lines: readonly [string, string];
  readonly kind: 'box' | 'function';
}

export function sourceSteps(result: DemoResult): Step[] {
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

export function targetSteps({ archives, objects, bytes }: DemoResult): Step[] {
  return [
    { title: 'Inbound bucket', lines: [formatPlural(archives.length, 'archive'), 'then deleted'], kind: 'box' },
    { title: 'Target function', lines: ['restores', 'and verifies'], kind: 'function' },
    { title: 'Target bucket', lines: [formatPlural(objects, 'object'), formatBytes(bytes)], kind: 'box' },
  ];
}

export function drawBox({ title, lines, kind }: Step, { x, y }: Point): Markup {
  const middle = x + BOX.width / 2;
  return html`<rect class="${kind}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="7"/>
<text class="title" x="${middle}" y="${y + 21}">${title}</text>
<text class="small" x="${middle}" y="${y + 39}">${lines[0]}</text>
<text class="small" x="${middle}" y="${y + 55}">${lines[1]}</text>`;
}

/** The arrowhead. @param id different in each picture of a page: a marker in a hidden picture is not drawn */
export function arrowTip(id: string): Markup {
  return html`<defs><marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="10"
markerHeight="10" orient="auto"><path d="M0 0 10 5 0 10z"/></marker></defs>`;
}
