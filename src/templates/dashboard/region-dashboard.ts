import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import { fixedCosts, metricCosts, ruleDollars, sumDollars } from '../fixed-costs.ts';
import { archiveRegions } from '../plan-regions.ts';
import { regionNames } from '../region-names.ts';
import type { Resources, StackContext } from '../sam-calls.ts';
import { sub } from '../yaml.ts';
import { arrivalRow } from './arrivals.ts';
import { deletionRows } from './deletions.ts';
import { failureRow, fallbackRows, targetFailureRow } from './failures.ts';
import { byRule, outboundBucket, packingQueueNames, RULE, RULE_LABEL, waitingMessagesLine } from './lines.ts';
import { expression, metric, type Row, renderDashboard, search } from './widgets.ts';

const ROUTE = [...RULE, 'TargetRegion'];
const DAY = 86_400;
const HOUR = 3_600;
const MONTH = '-P30D';

/**
 * The dashboard of a source region: what its rules save, how late they are, and what fails, there and in their target
 * regions. Our own metrics are found by a search; those of AWS are listed by name, since a search cannot match a prefix
 * of a name.
 */
export function buildDashboard(context: StackContext): Resources {
  const { region, outgoing } = context.plan;
  const names = regionNames(region);
  const targets = [...new Set(outgoing.flatMap(archiveRegions))];
  const rows = [
    ...dollarRows(context),
    ...packingRows(context),
    ...targets.flatMap((target) => [targetRow(context, target), arrivalRow(context, target)]),
    ...verificationRows(context),
    ...deletionRows(context),
    failureRow(context),
    ...targets.map((target) => targetFailureRow(context, target)),
    ...fallbackRows(context),
  ].filter(({ widgets }) => widgets.every(({ metrics }) => metrics.length > 0));
  return {
    [names.dashboard]: {
      Type: 'AWS::CloudWatch::Dashboard',
      Condition: names.sends,
      Properties: {
        DashboardName: sub(`${resourceNamePrefix(context.settings.stack_name)}-\${AWS::Region}`),
        DashboardBody: renderDashboard(rows),
      },
    },
  };
}

function dollarRows({ settings: { stack_name: namespace }, plan }: StackContext): Row[] {
  const { region } = plan;
  const fixed = sumDollars([...fixedCosts(plan), ...metricCosts(plan)]);
  const sum = (name: string): string => `SUM(${search({ namespace, dimensions: RULE, name, statistic: 'Sum' })})`;
  const net = expression(sum('NetBenefit'), { label: 'Net benefit, USD' });
  const number = { region, view: 'singleValue' } as const;
  const ratio = [
    expression(sum('OriginalSize'), { id: 'original', visible: false }),
    expression(sum('CompressedSize'), { id: 'compressed', visible: false }),
    expression('original / compressed', { label: 'Original : compressed' }),
  ];
  return [
    {
      height: 4,
      widgets: [
        { ...number, title: 'Dollars saved today (UTC)', period: DAY, metrics: [net] },
        {
          ...number,
          title: `Dollars saved in the last 30 days; fixed cost is ${fixed.toFixed(2)} per month here${describeRuleDollars(plan)}`,
          start: MONTH,
          metrics: [
            expression(sum('NetBenefit'), { id: 'net', label: 'Net benefit, USD' }),
            expression(`net - ${fixed.toFixed(2)}`, { label: 'After fixed cost and our metrics, USD' }),
          ],
        },
        { ...number, title: 'Ratio today (UTC)', period: DAY, metrics: ratio },
        {
          ...number,
          title: 'Objects packed today (UTC)',
          period: DAY,
          metrics: [expression(sum('ObjectsPacked'), { label: 'Objects' })],
        },
      ],
    },
    {
      height: 6,
      widgets: [
        {
          title: 'Dollars saved per day, by rule',
          region,
          period: DAY,
          start: MONTH,
          isStacked: true,
          metrics: [byRule(namespace, 'NetBenefit', 'Sum')],
        },
        {
          title: 'Dollars per hour: saved on transfer - packing - other costs = net benefit',
          region,
          period: HOUR,
          metrics: [
            expression(sum('TransferSavings'), { id: 'saved', label: 'Saved on transfer' }),
            expression(sum('ComputeCost'), { id: 'packing', label: 'Packing' }),
            expression('saved - packing - net', { label: 'Restoring, requests, staging, keys, statistics, logs' }),
            expression(sum('NetBenefit'), { id: 'net', label: 'Net benefit' }),
          ],
        },
      ],
    },
  ];
}

/** Rules differ in their number of target regions, and in whether they have a fallback. */
function describeRuleDollars({ outgoing }: StackContext['plan']): string {
  const dollars = outgoing.map(ruleDollars).toSorted((left, right) => left - right);
  const [least = 0, most = 0] = [dollars[0]?.toFixed(2), dollars.at(-1)?.toFixed(2)];
  return dollars.length === 0
    ? ''
    : `; a rule by itself costs ${least === most ? most : `${least} to ${most}`}, both ends included`;
}

function packingRows({ settings: { stack_name: namespace }, plan: { region, outgoing } }: StackContext): Row[] {
  return [
    {
      height: 6,
      widgets: [
        {
          title: 'Bytes before and after packing, by rule',
          region,
          period: HOUR,
          metrics: [byRule(namespace, 'OriginalSize', 'Sum'), byRule(namespace, 'CompressedSize', 'Sum')],
        },
        {
          title: 'Packing throughput by rule, bytes per second',
          region,
          metrics: [byRule(namespace, 'CompressionThroughput', 'Average')],
        },
        {
          title: 'zstd level of the frames, by rule (-8: stored)',
          region,
          period: HOUR,
          metrics: [byRule(namespace, 'CompressionLevel', 'Average')],
        },
      ],
    },
    {
      height: 6,
      widgets: [
        {
          title: 'Backlog: waiting objects',
          region,
          isStacked: true,
          metrics: packingQueueNames(namespace, outgoing).map((queue) =>
            waitingMessagesLine(queue, 'ApproximateNumberOfMessagesVisible'),
          ),
        },
        {
          title: 'Age of the oldest waiting object, seconds',
          region,
          metrics: packingQueueNames(namespace, outgoing).map((queue) =>
            waitingMessagesLine(queue, 'ApproximateAgeOfOldestMessage'),
          ),
        },
        {
          title: 'Objects packed and deferred to another invocation',
          region,
          isStacked: true,
          metrics: [byRule(namespace, 'ObjectsPacked', 'Sum'), byRule(namespace, 'ObjectsDeferred', 'Sum')],
        },
      ],
    },
  ];
}

function targetRow({ settings: { stack_name: namespace }, plan }: StackContext, target: string): Row {
  const prefix = resourceNamePrefix(namespace);
  const latency = { namespace, dimensions: ROUTE, name: 'ReplicationLatencySeconds' };
  const percentiles = ['p50', 'p90', 'p99'].map((statistic) =>
    expression(search({ ...latency, statistic }), { label: `${statistic} ${RULE_LABEL}` }),
  );
  const watermark = search({
    namespace,
    dimensions: ROUTE,
    name: 'WatermarkAgeSeconds',
    statistic: 'Maximum',
    values: { TargetRegion: target },
  });
  const routes = plan.outgoing.filter((rule) => archiveRegions(rule).includes(target));
  const behind = routes.map(({ id }) => {
    const RuleId = `${id}-${target}`;
    const dimensions = {
      SourceBucket: outboundBucket(prefix, plan.region),
      DestinationBucket: `${prefix}-\${AWS::AccountId}-${target}-inbound`,
      RuleId,
    };
    return metric('AWS/S3', 'ReplicationLatency', dimensions, { label: RuleId, stat: 'Maximum' });
  });
  return {
    height: 6,
    widgets: [
      { title: `${target}: seconds from event to restored object`, region: target, metrics: percentiles },
      {
        title: `${target}: age of the watermark, seconds`,
        region: plan.region,
        metrics: [expression(watermark, { label: RULE_LABEL })],
      },
      { title: `${target}: S3 replication lag, seconds`, region: target, metrics: behind },
    ],
  };
}

/** Results of scheduled verifications; empty if no rule has `verify`. */
function verificationRows({ settings: { stack_name: namespace }, plan: { region, outgoing } }: StackContext): Row[] {
  const verified = outgoing.filter(({ verify }) => verify !== undefined);
  if (verified.length === 0) return [];
  return [
    {
      height: 6,
      widgets: [
        {
          title: 'Scheduled verifications: objects missing, older or different, by rule',
          region,
          period: DAY,
          start: MONTH,
          metrics: [byRule(namespace, 'MissingObjects', 'Maximum')],
        },
        {
          title: 'Scheduled verifications: failed',
          region,
          period: DAY,
          start: MONTH,
          metrics: [
            metric(
              'AWS/States',
              'ExecutionsFailed',
              {
                StateMachineArn: `arn:\${AWS::Partition}:states:${region}:\${AWS::AccountId}:stateMachine:${resourceNamePrefix(namespace)}-verify`,
              },
              { label: 'Executions', stat: 'Sum' },
            ),
          ],
        },
      ],
    },
  ];
}
