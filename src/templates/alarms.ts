import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { ruleDimensions } from '../configuration/metric-dimensions.ts';
import { ruleResourceName } from '../configuration/schema/resource-names.ts';
import {
  type AlarmRow,
  functionMetric,
  type MetricExpression,
  oldestMessage,
  type WatchedMetric,
  waitingMessages,
} from './alarm.ts';
import { regionNames } from './region-names.ts';
import { getAtt, ref } from './yaml.ts';

/** Files of src/stacks that have alarms. */
export type AlarmedStack = 'cluster' | 'fallback' | 'region' | 'rule' | 'source' | 'target' | 'verify' | 'watermark';

/** Messages of the fallback queue that are visible, and those that tasks are processing. */
const FALLBACK_BACKLOG = {
  waiting: ofFallbackQueue('ApproximateNumberOfMessagesVisible'),
  inwork: ofFallbackQueue('ApproximateNumberOfMessagesNotVisible'),
};

const REQUIRED_TASKS: MetricExpression = {
  id: 'wanted',
  label: 'Required tasks',
  expression: 'CEIL((waiting + inwork) / {BacklogPerTask})',
  metrics: FALLBACK_BACKLOG,
};

/** The alarms of each stack. `npm run alarms:write` writes them into its file. */
export const ALARMS: Readonly<Record<AlarmedStack, readonly AlarmRow[]>> = {
  region: [
    {
      id: 'DeploymentErrors',
      name: '{NamePrefix}-deployment-errors',
      description: 'A custom resource crashed',
      metric: functionMetric('Errors', 'DeploymentFunction'),
      threshold: 0,
      periods: 1,
      runbook: 'deployment-errors',
      topic: ref('AlarmTopic'),
      reportsEnd: false,
    },
  ],
  cluster: [
    {
      id: 'FailedTasksAlarm',
      name: '{NamePrefix}-failed-tasks',
      description: 'Fallback tasks fail, or there is no capacity for them',
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
      description: 'Objects of {SourceBucket} could not be packed',
      metric: waitingMessages('DeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'WaitingAlarm',
      name: '{Name}-waiting',
      description: 'Objects of {SourceBucket} have been waiting too long',
      metric: oldestMessage('Queue'),
      threshold: 3600,
      periods: 3,
      runbook: 'backlog-age',
    },
    {
      id: 'BackfillAlarm',
      name: '{Name}-backfill',
      description: 'Existing objects of {SourceBucket} have waited for ten days',
      metric: oldestMessage('BackfillQueue'),
      threshold: 864_000,
      periods: 1,
      runbook: 'backfill-backlog-age',
      why: 'SQS deletes messages after fourteen days.',
    },
    {
      id: 'ErrorsAlarm',
      name: '{Name}-errors',
      description: 'Invocations of the packing function of {SourceBucket} fail',
      metric: functionMetric('Errors', 'Function'),
      threshold: 0,
      periods: 1,
      runbook: 'function-errors',
    },
    {
      id: 'ThrottlesAlarm',
      name: '{Name}-throttles',
      description: 'The packing function of {SourceBucket} is throttled',
      metric: functionMetric('Throttles', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'function-throttles',
    },
    {
      id: 'RecursionAlarm',
      name: '{Name}-recursion',
      description: 'Lambda has detected a loop in the packing function of {SourceBucket} and drops its invocations',
      metric: functionMetric('RecursiveInvocationsDropped', 'Function'),
      threshold: 0,
      periods: 1,
      runbook: 'recursion-detection',
    },
    {
      id: 'NetBenefitAlarm',
      name: '{Name}-net-benefit',
      description: 'For a whole day, compressing objects of {SourceBucket} has cost more than it saved',
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
      runbook: 'negative-net-benefit',
      why: 'A whole day, so that hours of small objects do not count.',
    },
  ],
  source: [
    {
      id: 'GivenUpAlarm',
      name: '{NamePrefix}-archives-given-up',
      description: 'An archive could not be replicated and is kept; the log names it',
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
      description: 'Failed replications could not be handled',
      metric: waitingMessages('ReplicationFailuresDeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'ReplicationFailuresWaitingAlarm',
      name: '{NamePrefix}-replication-failures-waiting',
      description: 'Failed replications have been waiting too long to be handled',
      metric: oldestMessage('ReplicationFailures'),
      threshold: 3600,
      periods: 3,
      runbook: 'backlog-age',
    },
    {
      id: 'ResendErrorsAlarm',
      name: '{NamePrefix}-resend-errors',
      description: 'Invocations of the resend function fail',
      metric: functionMetric('Errors', 'ResendFunction'),
      threshold: 0,
      periods: 1,
      runbook: 'function-errors',
    },
    {
      id: 'ResendThrottlesAlarm',
      name: '{NamePrefix}-resend-throttles',
      description: 'The resend function is throttled',
      metric: functionMetric('Throttles', 'ResendFunction'),
      threshold: 0,
      periods: 3,
      runbook: 'function-throttles',
    },
  ],
  target: [
    {
      id: 'DeadLettersAlarm',
      name: '{NamePrefix}-target-dead-letters',
      description: 'Archives could not be restored',
      metric: waitingMessages('DeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'WaitingAlarm',
      name: '{NamePrefix}-target-waiting',
      description: 'Archives have been waiting too long to be restored',
      metric: oldestMessage('Queue'),
      threshold: 3600,
      periods: 3,
      runbook: 'backlog-age',
    },
    {
      id: 'ErrorsAlarm',
      name: '{NamePrefix}-target-errors',
      description: 'Invocations of the restoring function fail',
      metric: functionMetric('Errors', 'Function'),
      threshold: 0,
      periods: 1,
      runbook: 'function-errors',
    },
    {
      id: 'ThrottlesAlarm',
      name: '{NamePrefix}-target-throttles',
      description: 'The restoring function is throttled',
      metric: functionMetric('Throttles', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'function-throttles',
    },
    {
      id: 'RecursionAlarm',
      name: '{NamePrefix}-target-recursion',
      description: 'Lambda has detected a loop in the restoring function and drops its invocations',
      metric: functionMetric('RecursiveInvocationsDropped', 'Function'),
      threshold: 0,
      periods: 1,
      runbook: 'recursion-detection',
    },
  ],
  fallback: [
    {
      id: 'BacklogAlarm',
      name: '{Name}-fallback-backlog',
      description: 'Not a fault: scales fallback tasks out with the backlog',
      metric: REQUIRED_TASKS,
      threshold: 0,
      periods: 1,
      scales: ref('FollowBacklog'),
      runbook: 'fallback-scaling',
    },
    {
      id: 'IdleAlarm',
      name: '{Name}-fallback-idle',
      description: 'Not a fault: scales fallback tasks in when the queue is empty',
      metric: {
        id: 'idle',
        label: 'Tasks are running but idle',
        expression: 'IF(FILL(running, 0) > 0 AND waiting + inwork == 0, 1, 0)',
        metrics: {
          ...FALLBACK_BACKLOG,
          running: {
            namespace: 'AWS/ECS',
            name: 'CPUUtilization',
            dimensions: { ClusterName: ref('Cluster'), ServiceName: getAtt('Service', 'Name') },
            statistic: 'SampleCount',
            period: 60,
          },
        },
      },
      threshold: 1,
      sounds: 'at-least',
      periods: 6,
      datapoints: 5,
      scales: ref('StopAll'),
      runbook: 'fallback-scaling',
      why: `This alarm must end with the last task. If it did not, it would stop the next task that the function starts, a minute later
and again every minute. ECS publishes the metric only for running tasks, and where values are missing, CloudWatch looks back
to older ones and finds the idle minutes. So minutes without tasks are filled with 0, which ends the alarm after one or two
of them. The last minute may be filled just because its value is late, hence five of six.`,
    },
    {
      id: 'MaximumAlarm',
      name: '{Name}-fallback-maximum',
      description: 'The backlog of the fallback of {Name} requires more tasks than its maximum',
      metric: REQUIRED_TASKS,
      threshold: ref('MaximumTasks'),
      periods: 15,
      runbook: 'fallback-maximum',
    },
    {
      id: 'DeadLettersAlarm',
      name: '{Name}-fallback-dead-letters',
      description: 'Messages of the fallback of {Name} were dead-lettered',
      metric: waitingMessages('DeadLetters'),
      threshold: 0,
      periods: 1,
      runbook: 'dead-letters',
    },
    {
      id: 'WaitingAlarm',
      name: '{Name}-fallback-waiting',
      description: 'Messages of the fallback of {Name} have been waiting too long',
      metric: oldestMessage('Queue'),
      threshold: 14_400,
      periods: 3,
      runbook: 'fallback-backlog-age',
      why: 'The age includes messages in progress, which may take hours: about 2 TB take four hours.',
    },
  ],
  watermark: [
    {
      id: 'ErrorsAlarm',
      name: '{NamePrefix}-watermark-errors',
      description: 'The watermarks of the rules cannot be determined',
      metric: functionMetric('Errors', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'missing-watermark',
    },
    {
      id: 'ThrottlesAlarm',
      name: '{NamePrefix}-watermark-throttles',
      description: 'The watermark function is throttled',
      metric: functionMetric('Throttles', 'Function'),
      threshold: 0,
      periods: 3,
      runbook: 'missing-watermark',
    },
    {
      id: 'SilentAlarm',
      name: '{NamePrefix}-watermark-silent',
      description: 'The watermark function does not run',
      metric: functionMetric('Invocations', 'Function'),
      threshold: 0,
      sounds: 'at-most',
      periods: 4,
      missing: 'breaching',
      runbook: 'missing-watermark',
      why: 'A function that does not run has no metric, so this alarm, unlike all others, fires on missing data.',
    },
    {
      id: 'UnreplicatedAlarm',
      name: '{NamePrefix}-archives-unreplicated',
      description: 'S3 accepted an archive but does not replicate it; the log names it',
      metric: {
        namespace: ref('StackName'),
        name: 'UnreplicatedArchives',
        dimensions: { SourceBucket: ref('OutboundBucket') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 1,
      runbook: 'archives-not-replicated',
    },
    {
      id: 'NotificationsAlarm',
      name: '{NamePrefix}-notifications-missing',
      description: 'A source bucket lacks a notification, so new objects are not replicated; the log names it',
      metric: {
        namespace: ref('StackName'),
        name: 'MissingNotifications',
        dimensions: { SourceBucket: ref('OutboundBucket') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 3,
      runbook: 'notifications-missing',
      why: 'A deployment adds notifications last, some minutes after the function learns of a new rule.',
    },
  ],
  verify: [
    {
      id: 'FailedAlarm',
      name: '{NamePrefix}-verify-failed',
      description: 'A scheduled verification failed, so it is unknown what is missing; its execution names the rule',
      metric: {
        namespace: 'AWS/States',
        name: 'ExecutionsFailed',
        dimensions: { StateMachineArn: ref('StateMachine') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 1,
      runbook: 'verification-failed',
    },
    {
      id: 'AbortedAlarm',
      name: '{NamePrefix}-verify-aborted',
      description:
        'Someone stopped a scheduled verification, so it is unknown what is missing; its execution names the rule',
      metric: {
        namespace: 'AWS/States',
        name: 'ExecutionsAborted',
        dimensions: { StateMachineArn: ref('StateMachine') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 1,
      runbook: 'verification-failed',
      why: 'Step Functions does not count an execution as failed if it was stopped or timed out.',
    },
    {
      id: 'TimedOutAlarm',
      name: '{NamePrefix}-verify-timed-out',
      description: 'A scheduled verification did not finish within 13 days; its execution names the rule',
      metric: {
        namespace: 'AWS/States',
        name: 'ExecutionsTimedOut',
        dimensions: { StateMachineArn: ref('StateMachine') },
        statistic: 'Sum',
      },
      threshold: 0,
      periods: 1,
      runbook: 'verification-failed',
    },
    {
      id: 'OverdueAlarm',
      name: '{NamePrefix}-verify-overdue',
      description: 'A rule was not verified on schedule; the log of the watermark function names it',
      metric: {
        namespace: ref('StackName'),
        name: 'OverdueVerifications',
        dimensions: { SourceBucket: ref('OutboundBucket') },
        statistic: 'Sum',
        period: 900,
      },
      threshold: 0,
      periods: 1,
      runbook: 'verification-not-started',
      why: 'A disabled schedule causes no failure. The watermark function, which has a separate schedule, checks every five minutes.',
    },
  ],
};

type RuleAlarm = (stackName: string, rule: DeployedRule) => AlarmRow;
type RouteAlarm = (stackName: string, rule: DeployedRule, region: string) => AlarmRow;

/** Alarms of the root template for each rule and target region, since rule.yaml does not know the number of regions. */
export const ROUTE_ALARMS: readonly RouteAlarm[] = [
  (stackName, rule, region) => ({
    id: regionNames(rule.source.region).watermarkAlarm(rule.id, region),
    name: `${ruleResourceName(stackName, rule.id)}-watermark-${region}`,
    description: `Objects of ${rule.source.bucket} arrive in ${region} too late`,
    metric: {
      namespace: stackName,
      name: 'WatermarkAgeSeconds',
      dimensions: { ...ruleDimensions(rule), TargetRegion: region },
      statistic: 'Maximum',
    },
    threshold: rule.objectiveSeconds,
    // The watermark is determined every five minutes; three failures in a row are more than a hiccup.
    periods: 3,
    runbook: 'watermark',
    // Missing data is unknown; the alarm on the watermark function's errors gives the reason.
    missing: 'missing',
  }),
];

/** Alarms of the root template for each rule with `verify`. */
export const VERIFY_ALARMS: readonly RuleAlarm[] = [
  // EventBridge tried for a day, or was refused at once: the role or the state machine is gone.
  (stackName, rule) => ({
    id: regionNames(rule.source.region).clockAlarm(rule.id),
    name: `${ruleResourceName(stackName, rule.id)}-verify-not-started`,
    description: `The schedule could not start a verification of ${rule.source.bucket}`,
    metric: {
      namespace: 'AWS/Events',
      name: 'FailedInvocations',
      dimensions: { RuleName: ref(regionNames(rule.source.region).verifySchedule(rule.id)) },
      statistic: 'Sum',
    },
    threshold: 0,
    periods: 1,
    runbook: 'verification-not-started',
    // Five minutes later the metric is zero again, but the rule is still not verified.
    reportsEnd: false,
  }),
  (stackName, rule) => ({
    id: regionNames(rule.source.region).missingAlarm(rule.id),
    name: `${ruleResourceName(stackName, rule.id)}-missing`,
    description: `Objects of ${rule.source.bucket} are missing, older or different at a destination`,
    metric: {
      namespace: stackName,
      name: 'MissingObjects',
      dimensions: { ...ruleDimensions(rule) },
      statistic: 'Maximum',
    },
    threshold: 0,
    periods: 1,
    runbook: 'missing-objects',
    // There is one value per verification: the alarm stays as it is until the next one.
    missing: 'ignore',
  }),
];

function ofFallbackQueue(name: string): WatchedMetric {
  const dimensions = { QueueName: getAtt('Queue', 'QueueName') };
  return { namespace: 'AWS/SQS', name, dimensions, statistic: 'Maximum', period: 60 };
}
