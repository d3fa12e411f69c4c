import { type Call, getAtt, ref, sub, type Yaml, type YamlObject } from './yaml.ts';

/** What an alarm looks at. */
interface WatchedMetric {
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
  /** What a period without a value is. Absent: all is well. */
  readonly missing?: 'missing' | 'breaching';
  /** Absent: the parameter AlarmTopicArn of the stack. */
  readonly topic?: Call;
  /** Whether the end of the alarm is told, too. Absent: it is. */
  readonly tellsEnd?: boolean;
  /** Why it is as it is, where that is not plain: a comment in the stack. */
  readonly why?: string;
}

/** Files of src/stacks that have alarms. */
export type AlarmedStack = 'cluster' | 'fallback' | 'region' | 'rule' | 'source' | 'target' | 'watermark';

/** The alarms of each stack. Those by which the fallback scales are beside its policies, in fallback.yaml. */
export const ALARMS: Readonly<Record<AlarmedStack, readonly AlarmRow[]>> = {
  region: [
    {
      id: 'DeploymentErrors',
      name: '{NamePrefix}-deployment-errors',
      says: 'A custom resource crashed',
      metric: ofFunction('Errors', 'DeploymentFunction'),
      threshold: 0,
      periods: 1,
      runbook: 'deployment-errors',
      topic: ref('AlarmTopic'),
      tellsEnd: false,
    },
  ],
  cluster: [
    {
      id: 'FailedTasksAlarm',
      name: '{NamePrefix}-failed-tasks',
      says: 'Fallback tasks fail, or there is no capacity for them',
      metric: {
        namespace: 'AWS/Events',
        name: 'TriggeredRules',
        dimensions: { RuleName: ref('FailedTasks') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 1,
      runbook: 'failed-tasks',
    },
  ],
  rule: [
    {
      id: 'DeadLettersAlarm',
      name: '{Name}-dead-letters',
      says: 'Objects of {SourceBucket} could not be packed',
      metric: waitingMessages('DeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'WaitingAlarm',
      name: '{Name}-waiting',
      says: 'Objects of {SourceBucket} wait too long',
      metric: oldestMessage('Queue'),
      threshold: 3600,
      periods: 3,
      runbook: 'waiting',
    },
    {
      id: 'ErrorsAlarm',
      name: '{Name}-errors',
      says: 'Runs of the packing function of {SourceBucket} fail',
      metric: ofFunction('Errors', 'Function'),
      threshold: 0,
      periods: 1,
      runbook: 'function-errors',
    },
    {
      id: 'ThrottlesAlarm',
      name: '{Name}-throttles',
      says: 'The packing function of {SourceBucket} is throttled',
      metric: ofFunction('Throttles', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'function-throttles',
    },
    {
      id: 'NetBenefitAlarm',
      name: '{Name}-net-benefit',
      says: 'Compressing objects of {SourceBucket} has cost more than it saved, for a day',
      metric: {
        namespace: ref('StackName'),
        name: 'NetBenefit',
        dimensions: { SourceBucket: ref('SourceBucket'), SourcePrefix: ref('SourcePrefix') },
        statistic: 'Sum',
        period: 86_400,
      },
      threshold: 0,
      sounds: 'below',
      periods: 1,
      runbook: 'net-benefit',
      why: 'A whole day, so that hours of small objects do not count.',
    },
  ],
  source: [
    {
      id: 'GivenUpAlarm',
      name: '{NamePrefix}-archives-given-up',
      says: 'An archive could not be replicated and is kept; the log names it',
      metric: {
        namespace: ref('StackName'),
        name: 'ArchivesGivenUp',
        dimensions: { SourceBucket: ref('OutboundBucket') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 1,
      runbook: 'replication-failures',
      why: 'The function counts `ArchivesGivenUp`, and names archive, destination and reason in its log.',
    },
    {
      id: 'ReplicationFailuresDeadLettersAlarm',
      name: '{NamePrefix}-replication-failures-dead-letters',
      says: 'Failed replications could not be looked after',
      metric: waitingMessages('ReplicationFailuresDeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'ReplicationFailuresWaitingAlarm',
      name: '{NamePrefix}-replication-failures-waiting',
      says: 'Failed replications wait too long to be looked after',
      metric: oldestMessage('ReplicationFailures'),
      threshold: 3600,
      periods: 3,
      runbook: 'waiting',
    },
    {
      id: 'ResendErrorsAlarm',
      name: '{NamePrefix}-resend-errors',
      says: 'Runs of the resend function fail',
      metric: ofFunction('Errors', 'ResendFunction'),
      threshold: 0,
      periods: 1,
      runbook: 'function-errors',
    },
    {
      id: 'ResendThrottlesAlarm',
      name: '{NamePrefix}-resend-throttles',
      says: 'The resend function is throttled',
      metric: ofFunction('Throttles', 'ResendFunction'),
      threshold: 0,
      periods: 3,
      runbook: 'function-throttles',
    },
  ],
  target: [
    {
      id: 'DeadLettersAlarm',
      name: '{NamePrefix}-target-dead-letters',
      says: 'Archives could not be restored',
      metric: waitingMessages('DeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'WaitingAlarm',
      name: '{NamePrefix}-target-waiting',
      says: 'Archives wait too long to be restored',
      metric: oldestMessage('Queue'),
      threshold: 3600,
      periods: 3,
      runbook: 'waiting',
    },
    {
      id: 'ErrorsAlarm',
      name: '{NamePrefix}-target-errors',
      says: 'Runs of the restoring function fail',
      metric: ofFunction('Errors', 'Function'),
      threshold: 0,
      periods: 1,
      runbook: 'function-errors',
    },
    {
      id: 'ThrottlesAlarm',
      name: '{NamePrefix}-target-throttles',
      says: 'The restoring function is throttled',
      metric: ofFunction('Throttles', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'function-throttles',
    },
  ],
  fallback: [
    {
      id: 'DeadLettersAlarm',
      name: '{Name}-fallback-dead-letters',
      says: 'Fallback tasks of {Name} could not do something',
      metric: waitingMessages('DeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'WaitingAlarm',
      name: '{Name}-fallback-waiting',
      says: 'The fallback of {Name} takes long',
      metric: oldestMessage('Queue'),
      threshold: 14_400,
      periods: 3,
      runbook: 'fallback-waiting',
      why: 'Of objects that take hours this is the age, too: four hours are about 2 TB.',
    },
  ],
  watermark: [
    {
      id: 'ErrorsAlarm',
      name: '{NamePrefix}-watermark-errors',
      says: 'How late the rules are cannot be told',
      metric: ofFunction('Errors', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'watermark-unknown',
    },
  ],
};

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
function waitingMessages(queue: string): WatchedMetric {
  return ofQueue('ApproximateNumberOfMessagesVisible', queue);
}

/** Seconds. */
function oldestMessage(queue: string): WatchedMetric {
  return ofQueue('ApproximateAgeOfOldestMessage', queue);
}

function ofQueue(name: string, queue: string): WatchedMetric {
  const dimensions = { QueueName: getAtt(queue, 'QueueName') };
  return { namespace: 'AWS/SQS', name, dimensions, statistic: 'Maximum' };
}

function ofFunction(name: string, id: string): WatchedMetric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: ref(id) }, statistic: 'Sum' };
}
