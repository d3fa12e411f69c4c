import { at, field, listOf, ofType } from './invariants.ts';
import type { CreatedResource } from './templates/instantiate.ts';
import { type Json, textOf } from './templates/json.ts';

/** A metric that an alarm or a dashboard uses. */
export interface NamedMetric {
  /** Path of the resource. */
  readonly where: string;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined: any value. */
  readonly dimensions: Readonly<Record<string, string | undefined>>;
}

/** @param region of the resources */
export function namedMetrics(resources: readonly CreatedResource[], region: string): NamedMetric[] {
  return [
    ...ofType(resources, 'AWS::CloudWatch::Alarm').flatMap((alarm) => ofAlarm(alarm, resources, region)),
    ...ofType(resources, 'AWS::CloudWatch::Dashboard').flatMap(ofDashboard),
  ];
}

function ofAlarm(alarm: CreatedResource, resources: readonly CreatedResource[], region: string): NamedMetric[] {
  const direct = at(alarm, 'MetricName') === undefined ? [] : [alarm.properties as Json];
  const combined = listOf(at(alarm, 'Metrics')).flatMap((each) => field(field(each, 'MetricStat'), 'Metric') ?? []);
  return [...direct, ...combined].map((metric) => ({
    where: alarm.path,
    region,
    namespace: textOf(field(metric, 'Namespace') ?? ''),
    name: textOf(field(metric, 'MetricName') ?? ''),
    dimensions: Object.fromEntries(
      listOf(field(metric, 'Dimensions')).map((each) => [
        textOf(field(each, 'Name') ?? ''),
        nameOf(textOf(field(each, 'Value') ?? ''), alarm, resources),
      ]),
    ),
  }));
}

/**
 * The name behind `<Queue.QueueName>`, `<Function>` and the like in the same stack; references to other stacks stay.
 */
function nameOf(value: string, { path }: CreatedResource, resources: readonly CreatedResource[]): string | undefined {
  const reference = /^<([A-Za-z0-9]+)(?:\.[\w.]+)?>$/.exec(value)?.[1];
  if (reference === undefined) return value;
  const stack = path.slice(0, path.lastIndexOf('/') + 1);
  const found = resources.find((resource) => resource.path === stack + reference);
  const names = ['QueueName', 'FunctionName', 'ServiceName', 'BucketName', 'Name'].flatMap(
    (name) => found?.properties[name] ?? [],
  );
  return names.length === 0 ? undefined : textOf(names[0] ?? '');
}

const SEARCH = /SEARCH\('\{"?([^",]+)"?((?:,[A-Za-z]+)*)\} ([^']*)', '[A-Za-z0-9]+'\)/g;

function ofDashboard(dashboard: CreatedResource): NamedMetric[] {
  const { widgets } = JSON.parse(textOf(dashboard.properties['DashboardBody'] ?? '')) as {
    widgets: { properties: { title: string; region: string; metrics: (string | { expression?: string })[][] } }[];
  };
  return widgets.flatMap(({ properties: { title, region, metrics } }) =>
    metrics.flatMap((line, index) => {
      const where = `${dashboard.path}: ${title}`;
      const expression = line.flatMap((part) => (typeof part === 'string' ? [] : (part.expression ?? [])))[0];
      if (expression !== undefined) return ofExpression(expression, where, region);
      const [namespace = '', name = '', ...rest] = valuesOfLine(metrics, index);
      const pairs = rest.flatMap((key, index) => (index % 2 === 0 ? [[key, rest[index + 1] ?? '']] : []));
      return [{ where, region, namespace, name, dimensions: Object.fromEntries(pairs) as Record<string, string> }];
    }),
  );
}

/** Expands a line like CloudWatch: `.` repeats the value above, `...` all values above up to those that follow. */
export function valuesOfLine(lines: readonly (readonly unknown[])[], index: number): string[] {
  const values = (lines[index] ?? []).filter((part) => typeof part === 'string');
  if (!values.some((value) => value === '.' || value === '...')) return values;
  const above = valuesOfLine(lines, index - 1);
  if (values[0] === '...') return [...above.slice(0, above.length - values.length + 1), ...values.slice(1)];
  return values.map((value, place) => (value === '.' ? (above[place] ?? '') : value));
}

function ofExpression(expression: string, where: string, region: string): NamedMetric[] {
  const found = [...expression.matchAll(SEARCH)];
  // The rest is arithmetic over other lines; a search that the pattern does not match must not go unnoticed.
  if (expression.replaceAll(SEARCH, '').includes('SEARCH')) throw new Error(`${where}: unknown search ${expression}`);
  return found.map(([, namespace = '', dimensions = '', terms = '']) => {
    const values = Object.fromEntries(
      [...terms.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    const names = dimensions.split(',').filter((name) => name !== '');
    return {
      where,
      region,
      namespace,
      name: values['MetricName'] ?? '',
      dimensions: Object.fromEntries(names.map((name) => [name, values[name]])),
    };
  });
}
