import { Markup } from './html.ts';

/** The complete style of the page: it loads no font, script or picture from elsewhere. */
export const STYLE = new Markup(`
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#ffffff, #1d2129);
  --line: light-dark(#dfe3e9, #343b47);
  --text: light-dark(#1b2330, #e6e9ee);
  --muted: light-dark(#5c6878, #9aa5b5);
  --accent: light-dark(#1f6feb, #5a9cff);
  --accent-soft: light-dark(#e3eefd, #1d3250);
  --good: light-dark(#16794a, #4cc38a);
  --good-soft: light-dark(#e2f5ea, #15331f);
  --bad: light-dark(#b3261e, #ff8a80);
  --bad-soft: light-dark(#fde8e6, #43191a);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 36px 0 12px; }
p { margin: 0 0 12px; }
.muted { color: var(--muted); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px; }
.verdict { border-radius: 10px; padding: 14px 18px; margin: 20px 0; font-size: 17px; font-weight: 600; }
.verdict.good { background: var(--good-soft); color: var(--good); }
.loss { color: var(--bad); font-weight: 600; }
.verdict.bad { background: var(--bad-soft); color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(185px, 1fr)); gap: 12px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.tile b { display: block; font-size: 19px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile span { color: var(--muted); font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--muted); font-weight: 500; font-size: 13px; }
tbody tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; }
tr > :first-child:not(:only-child) { min-width: 12ch; }
.card + .card, .tiles + .card { margin-top: 12px; }
td code { font-size: 13px; }
td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.bar { display: grid; grid-template-columns: 230px 1fr 190px; gap: 12px; align-items: center; padding: 5px 0; }
.bar > :first-child { overflow-wrap: anywhere; }
.bar > :last-child { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.track { height: 14px; background: var(--accent-soft); border-radius: 4px; overflow: hidden; }
.fill { height: 100%; background: var(--accent); }
.fill.over { background: var(--bad); }
svg { display: block; width: 100%; height: auto; }
svg.upright { display: none; max-width: 360px; margin: 0 auto; }
svg text { fill: var(--text); font: 13px system-ui, sans-serif; text-anchor: middle; }
svg .title { font-weight: 600; }
svg .small { fill: var(--muted); font-size: 12px; }
svg .number { fill: var(--accent); font-weight: 600; }
svg .halo { paint-order: stroke; stroke: var(--card); stroke-width: 5px; }
svg .region { fill: var(--page); stroke: var(--line); }
svg .box { fill: var(--card); stroke: var(--muted); }
svg .function { fill: var(--accent-soft); stroke: var(--accent); }
svg .flow { stroke: var(--muted); stroke-width: 1.5; fill: none; marker-end: url(#tip); }
svg.upright .flow { marker-end: url(#upright-tip); }
svg .wide { stroke: var(--accent); stroke-width: 2.5; stroke-dasharray: 7 4; }
svg marker path { fill: var(--muted); }
footer { margin-top: 40px; font-size: 13px; }
h1, p, .tile, .verdict { overflow-wrap: anywhere; }
@media (max-width: 900px) {
  svg.level { display: none; }
  svg.upright { display: block; }
}
@media (max-width: 700px) {
  main { padding: 20px 12px 32px; }
  .card { padding: 12px; }
  .tiles { grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); }
  .tile b { font-size: 16px; }
  .bar { grid-template-columns: 1fr; gap: 4px; padding: 8px 0; }
  .bar > :last-child { text-align: left; }
  thead, thead tr { display: block; }
  thead tr { padding-top: 0; }
  thead th:first-child { display: block; padding: 0; }
  thead th:not(:first-child) { display: none; }
  tr { display: block; padding: 6px 0; border-bottom: 1px solid var(--line); }
  tr:last-child { border-bottom: 0; }
  td, td:first-child { display: flex; justify-content: space-between; gap: 12px; padding: 3px 0; border: 0; white-space: normal;
    overflow-wrap: anywhere; }
  td:first-child { font-weight: 600; }
  td:first-child::before { display: none; }
  td.text:first-child { font-weight: 400; }
  td:empty { display: none; }
  td::before { content: attr(data-label); color: var(--muted); font-size: 13px; flex: none; max-width: 50%; }
}
`);
