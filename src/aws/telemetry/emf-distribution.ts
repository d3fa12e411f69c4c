import type { Unit } from './unit.ts';

/** CloudWatch's limit of values per metric and line. */
const MAX_VALUES = 100;

/** A value, and how many observations it stands for. */
export interface WeightedValue {
  readonly value: number;
  readonly count: number;
}

export interface DistributionMetric {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly name: string;
  readonly unit: Unit;
}

/**
 * Lines of CloudWatch's embedded metric format for values with counts, which Powertools cannot write: the form that
 * AWS's own OpenTelemetry exporter (`awsemfexporter`) uses for histograms. CloudWatch computes percentiles as if each
 * observation had been sent separately.
 * @param timestamp milliseconds since 1970
 */
export function distributionLines(
  { namespace, dimensions, name, unit }: DistributionMetric,
  values: readonly WeightedValue[],
  timestamp: number,
): string[] {
  const lines: string[] = [];
  for (let at = 0; at < values.length; at += MAX_VALUES) {
    const page = values.slice(at, at + MAX_VALUES);
    lines.push(
      JSON.stringify({
        _aws: {
          Timestamp: timestamp,
          CloudWatchMetrics: [
            { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: name, Unit: unit }] },
          ],
        },
        ...dimensions,
        [name]: {
          Values: page.map(({ value }) => value),
          Counts: page.map(({ count }) => count),
          Min: Math.min(...page.map(({ value }) => value)),
          Max: Math.max(...page.map(({ value }) => value)),
          Count: page.reduce((sum, { count }) => sum + count, 0),
          Sum: page.reduce((sum, { value, count }) => sum + value * count, 0),
        },
      }),
    );
  }
  return lines;
}
