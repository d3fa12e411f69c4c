import * as z from 'zod';
import { tryParseJson } from '../../src/json.ts';
import { InvalidEmfError } from '../errors.ts';

/** Limits of CloudWatch's embedded metric format (CloudWatch user guide, "Specification: Embedded metric format"). */
const MAX_METRICS = 100;
const MAX_VALUES = 100;
const MAX_DIMENSIONS = 30;

const histogram = z.object({
  Values: z.array(z.number()).min(1).max(MAX_VALUES),
  Counts: z.array(z.number().positive()).min(1).max(MAX_VALUES),
});
const metricValue = z.union([z.number(), z.array(z.number()).min(1).max(MAX_VALUES), histogram]);

const directive = z.object({
  Namespace: z.string().min(1).max(255),
  Dimensions: z.array(z.array(z.string().min(1)).max(MAX_DIMENSIONS)).min(1),
  Metrics: z.array(z.object({ Name: z.string().min(1).max(255), Unit: z.string().default('None') })).max(MAX_METRICS),
});

const envelope = z.object({
  _aws: z.object({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive).min(1) }),
});

/** The identity of a metric in CloudWatch: each is billed separately. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The values of one metric in one line. */
export interface MetricRecord extends MetricIdentity {
  readonly unit: string;
  readonly values: readonly { readonly value: number; readonly count: number }[];
}

/**
 * Reads a line of a log as CloudWatch Logs does.
 * @returns undefined for a line that is not a metric
 * @throws InvalidEmfError if CloudWatch would silently drop the metric
 */
export function parseEmf(line: string): MetricRecord[] | undefined {
  const document = parseObject(line);
  if (document === undefined || !('_aws' in document)) return undefined;
  const parsed = envelope.safeParse(document);
  if (!parsed.success) throw invalid(line, z.prettifyError(parsed.error));
  return parsed.data._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, dimensionValue(document, name, line)]));
      return Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        name: Name,
        dimensions,
        unit: Unit,
        values: weightedValues(document[Name], Name, line),
      }));
    }),
  );
}

function weightedValues(value: unknown, name: string, line: string): MetricRecord['values'] {
  const { data } = metricValue.safeParse(value);
  if (data === undefined) throw invalid(line, `${name} has no value, or more than ${MAX_VALUES}`);
  if (typeof data === 'number') return [{ value: data, count: 1 }];
  if (Array.isArray(data)) return data.map((one) => ({ value: one, count: 1 }));
  if (data.Values.length !== data.Counts.length) throw invalid(line, `${name} does not have one count per value`);
  return data.Values.map((one, index) => ({ value: one, count: data.Counts[index] ?? 0 }));
}

function dimensionValue(document: Readonly<Record<string, unknown>>, name: string, line: string): string {
  const value = document[name];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(line, `dimension ${name} has no value`);
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  // Undefined for an incomplete line: its process was killed while writing it.
  return tryParseJson(line) as Readonly<Record<string, unknown>> | undefined;
}

function invalid(line: string, problem: string): InvalidEmfError {
  return new InvalidEmfError(`CloudWatch would drop a metric: ${problem}. The line: ${line.slice(0, 500)}`);
}
