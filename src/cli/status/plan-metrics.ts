import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { ruleDimensions } from '../../configuration/metric-dimensions.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { archiveRegions, type RegionPlan } from '../../templates/plan-regions.ts';
import type { MetricAddress } from '../../watermark/dependencies.ts';
import { deployedNames } from '../command/deployed-names.ts';

/** `hour`, `day`: the sum over it. `newest`: the last value within a quarter of an hour. */
export type MetricSpan = 'hour' | 'day' | 'newest';

/** A number to read from CloudWatch. */
export interface AskedMetric {
  /** The result of `metricId`. */
  readonly id: string;
  readonly span: MetricSpan;
  readonly address: MetricAddress;
}

/** Metrics that a rule's source function writes (docs/metrics.md). */
const SOURCE_SUMS = ['ObjectsPacked', 'OriginalSize', 'CompressedSize'] as const;
/** Of the last day only: an hour's dollars say little. */
const SOURCE_DOLLARS = ['TransferSavings', 'NetBenefit'] as const;

/** Every number of the status, with the region that has it. */
export function planMetrics(configuration: Configuration, plans: readonly RegionPlan[]): AskedMetric[] {
  return plans.flatMap((plan) => [
    ...plan.outgoing.flatMap((rule) => ruleMetrics(rule, configuration)),
    ...deployedNames(configuration, plan).queues.map(({ name }) => queueAge(name, plan.region)),
  ]);
}

/** The id of a number. @param owner rule, route or queue */
export function metricId(owner: string, name: string, span: MetricSpan): string {
  return `${owner} ${name} ${span}`;
}

/** Id of a rule's route to a region. */
export function routeId({ id }: Pick<DeployedRule, 'id'>, region: string): string {
  return `${id} to ${region}`;
}

function ruleMetrics(rule: DeployedRule, { settings: { stack_name: namespace } }: Configuration): AskedMetric[] {
  const dimensions: Readonly<Record<string, string>> = { ...ruleDimensions(rule) };
  const here = { region: rule.source.region, namespace, dimensions };
  const ask = (name: string, span: MetricSpan): AskedMetric => ({
    id: metricId(rule.id, name, span),
    span,
    address: { ...here, name },
  });
  return [
    ...SOURCE_SUMS.flatMap((name) => [ask(name, 'hour'), ask(name, 'day')]),
    ...SOURCE_DOLLARS.map((name) => ask(name, 'day')),
    ...archiveRegions(rule).flatMap((region) =>
      routeMetrics(rule, region, { ...here, dimensions: { ...dimensions, TargetRegion: region } }),
    ),
  ];
}

/** @param here the source region, to which the watermark is written; restores are written in the target region */
function routeMetrics(rule: DeployedRule, region: string, here: Omit<MetricAddress, 'name'>): AskedMetric[] {
  const owner = routeId(rule, region);
  const restored = (span: MetricSpan): AskedMetric => ({
    id: metricId(owner, 'ObjectsProcessed', span),
    span,
    address: { ...here, region, name: 'ObjectsProcessed' },
  });
  const watermark: AskedMetric = {
    id: metricId(owner, 'WatermarkAgeSeconds', 'newest'),
    span: 'newest',
    address: { ...here, name: 'WatermarkAgeSeconds' },
  };
  return [watermark, restored('hour'), restored('day')];
}

function queueAge(QueueName: string, region: string): AskedMetric {
  const name = 'ApproximateAgeOfOldestMessage';
  return {
    id: metricId(QueueName, name, 'newest'),
    span: 'newest',
    address: { region, namespace: 'AWS/SQS', name, dimensions: { QueueName } },
  };
}
