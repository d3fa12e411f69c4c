import { type Call, getAtt, ref, sub, type Yaml, type YamlObject } from './yaml.ts';

/** The metric that an alarm watches. */
export interface WatchedMetric {
  readonly namespace: string | Call;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string | Call>>;
  readonly statistic: 'Sum' | 'Maximum';
  /** Seconds. Absent: 300. */
  readonly period?: number;
}

/** An alarm as one row, from which its stack, the plan's costs and the test of runbooks follow. */
export interface AlarmRow {
  /** Logical id. */
  readonly id: string;
  /** `{Name}` and the like stand for parameters of the stack. */
  readonly name: string;
  /** Its description, without a period at the end; may also contain parameters. */
  readonly says: string;
  readonly metric: WatchedMetric;
  /** It fires when the metric is above this, or, if the comparison says so, below it or at most equal to it. */
  readonly threshold: number | Call;
  readonly sounds?: 'above' | 'below' | 'at-most';
  /** Consecutive periods in which this must be the case. */
  readonly periods: number;
  /** Section of docs/operations.md. */
  readonly runbook: string;
  /** How to treat a period without data; `ignore`: the alarm keeps its state. Absent: as OK. */
  readonly missing?: 'missing' | 'breaching' | 'ignore';
  /** Absent: the parameter AlarmTopicArn of the stack. */
  readonly topic?: Call;
  /** Whether the end of the alarm is also reported. Absent: it is. */
  readonly tellsEnd?: boolean;
  /** The reason for its settings if that is not obvious: a comment in the stack. */
  readonly why?: string;
}

const COMPARISONS = {
  above: 'GreaterThanThreshold',
  below: 'LessThanThreshold',
  'at-most': 'LessThanOrEqualToThreshold',
} as const;

/** Properties of AWS::CloudWatch::Alarm. */
export function alarmProperties(row: Omit<AlarmRow, 'id'>): YamlObject {
  const { metric, topic = ref('AlarmTopicArn') } = row;
  return {
    AlarmName: filledIn(row.name),
    AlarmDescription: filledIn(`${row.says}. Runbook: docs/operations.md#${row.runbook}`),
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
    Statistic: metric.statistic,
    Period: metric.period ?? 300,
    EvaluationPeriods: row.periods,
    Threshold: row.threshold,
    ComparisonOperator: COMPARISONS[row.sounds ?? 'above'],
    TreatMissingData: row.missing ?? 'notBreaching',
    AlarmActions: [topic],
    ...(row.tellsEnd === false ? {} : { OKActions: [topic] }),
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
export function ofFunction(name: string, id: string): WatchedMetric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: ref(id) }, statistic: 'Sum' };
}
