import { FoldedSub } from '../yaml.ts';
import { type MetricLine, shortenLines } from './shorten-lines.ts';

/** Columns of a dashboard. */
const COLUMNS = 24;

export interface Widget {
  readonly title: string;
  /** Region of the metrics. */
  readonly region: string;
  readonly metrics: readonly MetricLine[];
  /** Seconds. */
  readonly period?: number;
  /** Default: lines over time. */
  readonly view?: 'singleValue' | 'timeSeries';
  readonly isStacked?: boolean;
  /** In place of the dashboard's time range, such as `-P30D`. */
  readonly start?: string;
}

/** Widgets side by side, all of one size. */
export interface Row {
  /** Height in units of the dashboard's grid. */
  readonly height: number;
  readonly widgets: readonly Widget[];
}

export interface SearchedMetric {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  readonly name: string;
  readonly statistic: string;
  /** Only metrics with these values. */
  readonly values?: Readonly<Record<string, string>>;
}

/** All metrics with the same name: a new rule appears automatically. */
export function search({ namespace, dimensions, name, statistic, values = {} }: SearchedMetric): string {
  const terms = Object.entries({ MetricName: name, ...values }).map(([key, value]) => `${key}="${value}"`);
  return `SEARCH('{${[`"${namespace}"`, ...dimensions].join(',')}} ${terms.join(' ')}', '${statistic}')`;
}

/** A line of an expression. */
export function expression(text: string, options: Readonly<Record<string, unknown>> = {}): MetricLine {
  return [{ expression: text, ...options }];
}

/** A line of one metric. */
export function metric(
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>,
): MetricLine {
  return [namespace, name, ...Object.entries(dimensions).flat(), options];
}

/** The body of a dashboard: JSON, which in the template has one line per metric. */
export function renderDashboard(rows: readonly Row[]): FoldedSub {
  let y = 0;
  const widgets = rows.flatMap(({ height, widgets: inRow }) => {
    const width = Math.floor(COLUMNS / inRow.length);
    const rendered = inRow.map((widget, index) => renderWidget(widget, { x: index * width, y, width, height }));
    y += height;
    return rendered;
  });
  return new FoldedSub(['{"widgets":[', ...separate(widgets).flat(), ']}']);
}

function renderWidget(
  { title, region, metrics, period = 300, view = 'timeSeries', ...rest }: Widget,
  box: Readonly<Record<'x' | 'y' | 'width' | 'height', number>>,
): string[] {
  const { isStacked, start } = rest;
  const { stat, lines } = shortenLines(metrics);
  const frame = JSON.stringify({ type: 'metric', ...box }).slice(0, -1);
  const properties = JSON.stringify({
    title,
    region,
    period,
    view,
    ...(stat === undefined ? {} : { stat }),
    ...(isStacked === true ? { stacked: isStacked } : {}),
    ...(start === undefined ? {} : { start, end: 'P0D' }),
    // One number for the whole period.
    ...(start !== undefined && view === 'singleValue' ? { setPeriodToTimeRange: true } : {}),
  }).slice(0, -1);
  const rendered = separate(lines.map((line) => [JSON.stringify(line)])).flat();
  return [`${frame},"properties":${properties},"metrics":[`, ...rendered, ']}}'];
}

/** Adds a comma to the last line of each item except the last. */
function separate(items: readonly (readonly string[])[]): string[][] {
  return items.map((lines, index) =>
    index === items.length - 1 ? [...lines] : [...lines.slice(0, -1), `${lines.at(-1)},`],
  );
}
