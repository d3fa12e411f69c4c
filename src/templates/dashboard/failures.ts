import { fallbackQueueName, resourceNamePrefix, ruleResourceName } from '../../configuration/schema/resource-names.ts';
import type { StackContext } from '../sam-calls.ts';
import { targetName, targetQueues } from './arrivals.ts';
import { byRule, outboundBucket, packingQueueNames, runningTasks, waitingMessagesLine } from './lines.ts';
import { metric, type Row, type Widget } from './widgets.ts';

/** What failed at the source. */
export function failureRow({ settings: { stack_name: namespace }, plan: { region, outgoing } }: StackContext): Row {
  const prefix = resourceNamePrefix(namespace);
  const functions = [
    ...outgoing.map(({ id }) => ruleResourceName(namespace, id)),
    `${prefix}-resend`,
    `${prefix}-watermark`,
  ];
  const deadLetters = [...packingQueueNames(namespace, outgoing), `${prefix}-replication-failures`].map(
    (queue) => `${queue}-dead-letters`,
  );
  return {
    height: 6,
    widgets: [
      {
        title: 'Packing failures',
        region,
        isStacked: true,
        metrics: ['FailedDownloads', 'FailedUploads', 'StatisticsLost'].map((name) => byRule(namespace, name, 'Sum')),
      },
      functionWidget('Functions: errors and throttles', region, functions),
      deadLetterWidget('Dead letters', region, deadLetters),
      {
        title: 'Archives resent and given up',
        region,
        isStacked: true,
        metrics: ['ArchivesResent', 'ArchivesGivenUp'].map((name) =>
          metric(namespace, name, { SourceBucket: outboundBucket(prefix, region) }, { label: name, stat: 'Sum' }),
        ),
      },
    ],
  };
}

/** What failed in a target region. */
export function targetFailureRow(context: StackContext, target: string): Row {
  const { stack_name: namespace } = context.settings;
  const deadLetters = targetQueues(context, target).map((queue) => `${queue}-dead-letters`);
  const failed = metric(namespace, 'FailedTargetUploads', { TargetRegion: target }, { label: 'Objects', stat: 'Sum' });
  return {
    height: 6,
    widgets: [
      { title: `${target}: objects that could not be restored`, region: target, metrics: [failed] },
      functionWidget(`${target}: errors and throttles`, target, [targetName(context)]),
      deadLetterWidget(`${target}: dead letters`, target, deadLetters),
    ],
  };
}

/** Tasks of the region's rules; empty if none has a fallback. */
export function fallbackRows({ settings: { stack_name: namespace }, plan: { region, fallback } }: StackContext): Row[] {
  if (fallback === undefined || fallback.rules.length === 0) return [];
  const services = fallback.rules.map(({ rule }) => fallbackQueueName(ruleResourceName(namespace, rule.id)));
  return [
    {
      height: 6,
      widgets: [
        {
          title: 'Fallback: waiting and in progress',
          region,
          isStacked: true,
          metrics: services.flatMap((queue) => [
            waitingMessagesLine(queue, 'ApproximateNumberOfMessagesVisible'),
            waitingMessagesLine(queue, 'ApproximateNumberOfMessagesNotVisible'),
          ]),
        },
        {
          title: 'Fallback: running tasks',
          region,
          period: 60,
          metrics: services.map((service) => runningTasks(namespace, service)),
        },
      ],
    },
  ];
}

function functionWidget(title: string, region: string, functions: readonly string[]): Widget {
  const metrics = functions.flatMap((FunctionName) =>
    ['Errors', 'Throttles'].map((name) => metric('AWS/Lambda', name, { FunctionName }, { stat: 'Sum' })),
  );
  return { title, region, isStacked: true, metrics };
}

function deadLetterWidget(title: string, region: string, names: readonly string[]): Widget {
  return {
    title,
    region,
    isStacked: true,
    metrics: names.map((queue) => waitingMessagesLine(queue, 'ApproximateNumberOfMessagesVisible')),
  };
}
