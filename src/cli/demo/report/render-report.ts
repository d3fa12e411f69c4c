import { formatPlural } from '../../command/numbers.ts';
import { type DemoResult, isFlawless } from '../result.ts';
import { verdictOf } from '../verdict.ts';
import { renderComparison, renderDashboardSection, renderLevels } from './dashboard-section.ts';
import { html } from './html.ts';
import { drawPipeline } from './pipeline-picture.ts';
import { renderArchives, renderCostComparison, renderProblems, renderTiles, renderTypes } from './sections.ts';
import { STYLE } from './style.ts';
import { drawVertical } from './vertical-picture.ts';

/** The report of a run: one self-contained HTML file. */
export function renderReport(result: DemoResult, date: Date): string {
  const { rule, archives } = result;
  const targets = rule.destinations.map(({ region }) => region).join(' and ');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Replication from ${rule.source.region} to ${targets}</title>
<style>${STYLE}</style>
</head>
<body><main>
<h1>From ${rule.source.region} to ${targets}</h1>
<p class="muted">${result.source}; rule <code>${rule.id}</code>; emulated regions on one machine,
${date.toISOString().slice(0, 16).replace('T', ' ')} UTC</p>
<div class="verdict ${isFlawless(result) ? 'good' : 'bad'}">${verdictOf(result)}</div>
<div class="card">${drawPipeline(result)}${drawVertical(result)}</div>
<h2>Numbers</h2>
${renderTiles(result)}
${renderProblems(result)}
${renderCostComparison(result)}
<h2>From the functions’ metrics</h2>
${renderDashboardSection(result)}
<h2>Levels by kind of content</h2>
${renderLevels(result.levels)}
${renderComparison(result)}
<h2>Ratio by content type</h2>
${renderTypes(result)}
<h2>${formatPlural(archives.length, 'archive')}</h2>
${renderArchives(archives)}
<footer class="muted">
<p>Verified by reading every object back through the S3 API of each target region: bytes by SHA-256, seven headers, user
metadata, tags, storage class and the stamp that identifies its version, compared with a record made during the upload.
Also counted: how often each object was written, and archives that remain in an inbound bucket.</p></footer>
</main></body>
</html>
`;
  return page.text;
}
