import { type Call, getAtt, ref, sub, type Yaml, type YamlObject } from './yaml.ts';

/** The metric that an alarm watches. */
export interface WatchedMetric {
  readonly namespace: string | Call;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string | Call>>;
  readonly statistic: 'Sum' | 'Maximum' | 'SampleCount';
  /** Seconds. Absent: 300. */
  readonly period?: number;
}

/** A value that CloudWatch computes from several metrics. */
export interface MetricExpression {
  readonly id: string;
  readonly label: string;
  /** An expression of metric math; may contain parameters of the stack. */
  readonly expression: string;
  /** The metrics, by their names in the expression. */
  readonly metrics: Readonly<Record<string, WatchedMetric>>;
}

/** An alarm as one row, from which its stack, the plan's costs and the test of runbooks follow. */
export interface AlarmRow {
  /** Logical id. */
  readonly id: string;
  /** `{Name}` and the like stand for parameters of the stack. */
  readonly name: string;
  /** Its description, without a period at the end; may also contain parameters. */
  readonly description: string;
  readonly metric: WatchedMetric | MetricExpression;
  /** It fires when the metric is above this, or, if the comparison says so, at least, below or at most this. */
  readonly threshold: number | Call;
  readonly sounds?: 'above' | 'at-least' | 'below' | 'at-most';
  /** Consecutive periods in which this must be the case. */
  readonly periods: number;
  /** How many of these periods are enough. Absent: all of them. */
  readonly datapoints?: number;
  /** Section of docs/operations.md. */
  readonly runbook: string;
  /** How to treat a period without data; `ignore`: the alarm keeps its state. Absent: a period without data is OK. */
  readonly missing?: 'missing' | 'breaching' | 'ignore';
  /** A scaling policy, which it starts instead of notifying anyone. */
  readonly scales?: Call;
  /** Absent: the parameter AlarmTopicArn of the stack. */
  readonly topic?: Call;
  /** Whether the end of the alarm is also reported. Absent: it is. */
  readonly reportsEnd?: boolean;
  /** The reason for its settings if that is not obvious: a comment in the stack, of one or more lines. */
  readonly why?: string;
}

/** Seconds. */
const DEFAULT_PERIOD = 300;

const COMPARISONS = {
  above: 'GreaterThanThreshold',
  'at-least': 'GreaterThanOrEqualToThreshold',
  below: 'LessThanThreshold',
  'at-most': 'LessThanOrEqualToThreshold',
} as const;

/** Properties of AWS::CloudWatch::Alarm. */
export function alarmProperties(row: Omit<AlarmRow, 'id'>): YamlObject {
  const { metric, topic = ref('AlarmTopicArn'), scales } = row;
  return {
    AlarmName: filledIn(row.name),
    AlarmDescription: filledIn(`${row.description}. Runbook: docs/operations.md#${row.runbook}`),
    ...('expression' in metric ? { Metrics: expressionMetrics(metric) } : singleMetric(metric)),
    EvaluationPeriods: row.periods,
    ...(row.datapoints === undefined ? {} : { DatapointsToAlarm: row.datapoints }),
    Threshold: row.threshold,
    ComparisonOperator: COMPARISONS[row.sounds ?? 'above'],
    TreatMissingData: row.missing ?? 'notBreaching',
    AlarmActions: [scales ?? topic],
    ...(row.reportsEnd === false || scales !== undefined ? {} : { OKActions: [topic] }),
  };
}

/** The metrics that CloudWatch bills for an alarm. */
export function billedMetrics({ metric }: Pick<AlarmRow, 'metric'>): number {
  return 'expression' in metric ? Object.keys(metric.metrics).length : 1;
}

function singleMetric(metric: WatchedMetric): YamlObject {
  return { ...identity(metric), Statistic: metric.statistic, Period: metric.period ?? DEFAULT_PERIOD };
}

function expressionMetrics({ id, label, expression, metrics }: MetricExpression): Yaml {
  return [
    { Id: id, Label: label, Expression: filledIn(expression) },
    ...Object.entries(metrics).map(([name, metric]) => ({
      Id: name,
      ReturnData: false,
      MetricStat: {
        Metric: identity(metric),
        Stat: metric.statistic,
        Period: metric.period ?? DEFAULT_PERIOD,
      },
    })),
  ];
}

function identity({ namespace, name, dimensions }: WatchedMetric): YamlObject {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}

/** CloudFormation substitutes the parameters. */
function filledIn(text: string): Yaml {
  const filled = text.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => `\${${parameter}}`);
  return filled === text ? text : sub(filled);
}

/** Visible messages: in a dead-letter queue these are all of them. */
export function waitingMessages(queue: string): WatchedMetric {
  return ofQueue('ApproximateNumberOfMessagesVisible', queue);
}

/** Seconds. */
export function oldestMessage(queue: string): WatchedMetric {
  return ofQueue('ApproximateAgeOfOldestMessage', queue);
}

function ofQueue(name: string, queue: string): WatchedMetric {
  const dimensions = { QueueName: getAtt(queue, 'QueueName') };
  return { namespace: 'AWS/SQS', name, dimensions, statistic: 'Maximum' };
}

/** A Lambda metric of the function with this logical id. */
export function functionMetric(name: string, id: string): WatchedMetric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: ref(id) }, statistic: 'Sum' };
}
