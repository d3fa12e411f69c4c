import { type Call, getAtt, ref, sub, type Yaml, type YamlObject } from './yaml.ts';

/** What an alarm looks at. */
export interface WatchedMetric {
  readonly namespace: string | Call;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string | Call>>;
  readonly statistic: 'Sum' | 'Maximum';
  /** Seconds. Absent: 300. */
  readonly period?: number;
}

/** An alarm in one row. Its stack, the plan's costs and the test of runbooks are made of it. */
export interface AlarmRow {
  /** Logical id. */
  readonly id: string;
  /** `{Name}` and the like stand for parameters of the stack. */
  readonly name: string;
  /** What it says, without a full stop; with parameters, too. */
  readonly says: string;
  readonly metric: WatchedMetric;
  /** It sounds when the metric is above this, or where so is said below it or no more than it. */
  readonly threshold: number | Call;
  readonly sounds?: 'above' | 'below' | 'at-most';
  /** In a row, in which it must be so. */
  readonly periods: number;
  /** Section of docs/operations.md. */
  readonly runbook: string;
  /** What a period without a value is; `ignore`: the alarm stays as it is. Absent: all is well. */
  readonly missing?: 'missing' | 'breaching' | 'ignore';
  /** Absent: the parameter AlarmTopicArn of the stack. */
  readonly topic?: Call;
  /** Whether the end of the alarm is told, too. Absent: it is. */
  readonly tellsEnd?: boolean;
  /** Why it is as it is, where that is not plain: a comment in the stack. */
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

/** CloudFormation fills in the parameters. */
function filledIn(text: string): Yaml {
  const filled = text.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => `\${${parameter}}`);
  return filled === text ? text : sub(filled);
}

/** Messages that nobody has received: of a dead-letter queue, all that are there. */
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

/** What Lambda counts of the function with this logical id. */
export function ofFunction(name: string, id: string): WatchedMetric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: ref(id) }, statistic: 'Sum' };
}
