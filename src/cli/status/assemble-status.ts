import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { fixedCosts, ruleDollars, sumDollars } from '../../templates/fixed-costs.ts';
import { archiveRegions, type RegionPlan } from '../../templates/plan-regions.ts';
import { type DeployedQueue, deployedNames } from '../command/deployed-names.ts';
import { type MetricSpan, metricId, routeId } from './plan-metrics.ts';
import type { MetricValues } from './read-metrics.ts';
import type { PipelineState } from './read-state.ts';
import type { Backlog, PipelineStatus, RouteStatus, RuleStatus, RuleTraffic } from './status.ts';

export interface Observation {
  readonly metrics: MetricValues;
  readonly state: PipelineState;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Combines everything that was read. */
export function assembleStatus(
  configuration: Configuration,
  plans: readonly RegionPlan[],
  observation: Observation,
): PipelineStatus {
  const { metrics, state, now } = observation;
  return {
    time: new Date(now).toISOString(),
    stack: configuration.settings.stack_name,
    rules: plans.flatMap((plan) =>
      plan.outgoing.map((rule) => describeRule(rule, queuesOf(rule, configuration, plan), observation)),
    ),
    arrivals: plans
      .filter(({ settings }) => settings.source_target.includes('target'))
      .map((plan) => {
        const arriving = deployedNames(configuration, plan).queues.filter(({ isSending }) => !isSending);
        return { region: plan.region, backlog: joinBacklogs(arriving, plan.region, observation) };
      }),
    fixedDollars: sumDollars(plans.flatMap(fixedCosts)),
    unseen: [...metrics.unseen, ...state.unseen],
  };
}

function queuesOf({ id }: DeployedRule, configuration: Configuration, plan: RegionPlan): DeployedQueue[] {
  return deployedNames(configuration, plan).queues.filter(({ rule }) => rule?.id === id);
}

function describeRule(rule: DeployedRule, queues: readonly DeployedQueue[], observation: Observation): RuleStatus {
  const { metrics, state } = observation;
  const { region, bucket, prefix, suffix } = rule.source;
  const read = (name: string, span: MetricSpan): number | null =>
    metrics.values.get(metricId(rule.id, name, span)) ?? null;
  const traffic = (span: 'hour' | 'day'): RuleTraffic => ({
    objects: read('ObjectsPacked', span),
    bytes: read('OriginalSize', span),
    archiveBytes: read('CompressedSize', span),
  });
  const saved = read('TransferSavings', 'day');
  const net = read('NetBenefit', 'day');
  const backfill = queues.find(({ kind }) => kind === 'backfill');
  return {
    id: rule.id,
    region,
    bucket,
    prefix,
    suffix,
    hour: traffic('hour'),
    day: traffic('day'),
    dollars: { saved, spent: saved === null || net === null ? null : saved - net },
    fixedDollars: ruleDollars(rule),
    backlog: joinBacklogs(
      queues.filter(({ kind }) => kind !== 'backfill'),
      region,
      observation,
    ),
    backfill: backfill === undefined ? 0 : (state.queues.get(`${region} ${backfill.name}`)?.waiting ?? null),
    givenUp: state.givenUp.get(rule.id) ?? null,
    ...(rule.verify === undefined ? {} : { verification: state.verifications.get(rule.id) ?? null }),
    routes: archiveRegions(rule).map((target) => describeRoute(rule, target, metrics)),
  };
}

function describeRoute(rule: DeployedRule, region: string, { values }: MetricValues): RouteStatus {
  const read = (name: string, span: MetricSpan): number | null =>
    values.get(metricId(routeId(rule, region), name, span)) ?? null;
  return {
    region,
    watermarkSeconds: read('WatermarkAgeSeconds', 'newest'),
    objectiveSeconds: rule.objectiveSeconds,
    restored: { hour: read('ObjectsProcessed', 'hour'), day: read('ObjectsProcessed', 'day') },
  };
}

/** A queue and that of its fallback hold one backlog. */
function joinBacklogs(queues: readonly DeployedQueue[], region: string, { state, metrics }: Observation): Backlog {
  const counts = queues.map(({ name }) => state.queues.get(`${region} ${name}`));
  const deadLetters = queues.map((queue) => state.queues.get(`${region} ${queue.deadLetters}`));
  const ages = queues.flatMap(
    ({ name }) => metrics.values.get(metricId(name, 'ApproximateAgeOfOldestMessage', 'newest')) ?? [],
  );
  const waiting = sum(counts.map((count) => count?.waiting));
  const fallback = queues.find(({ kind }) => kind === 'fallback');
  return {
    waiting,
    inWork: sum(counts.map((count) => count?.inWork)),
    // SQS reports no age for an empty queue.
    oldestSeconds: ages.length > 0 ? Math.max(...ages) : waiting === 0 ? 0 : null,
    deadLetters: sum(deadLetters.map((count) => (count === undefined ? undefined : count.waiting + count.inWork))),
    ...(fallback === undefined ? {} : { tasks: state.tasks.get(`${region} ${fallback.name}`) ?? null }),
  };
}

/** @returns null if any of them is unknown */
function sum(numbers: readonly (number | undefined)[]): number | null {
  return numbers.reduce<number | null>(
    (total, each) => (total === null || each === undefined ? null : total + each),
    0,
  );
}
