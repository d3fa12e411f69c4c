import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { resendRegions } from '../configuration/resend-prefix.ts';
import { replicatesDeletes } from '../configuration/rule.ts';
import { billedMetrics } from './alarm.ts';
import { ALARMS, ROUTE_ALARMS, VERIFY_ALARMS } from './alarms.ts';
import type { FallbackPlan } from './plan-fallback.ts';
import { archiveRegions, type RegionPlan } from './plan-regions.ts';
import { partsOf } from './region-parts.ts';

/**
 * US dollars a month, us-east-1, November 2026 (AWS pricing pages of KMS, CloudWatch, SQS, ECR and PrivateLink;
 * those of CloudWatch, ECR and endpoint hours from memory). They differ by a few percent between regions, so the sums
 * are approximate.
 */
const PRICES = {
  /** A customer managed key. */
  key: 1,
  /** An alarm, for each metric of standard resolution that it watches. */
  alarm: 0.1,
  /** A dashboard; the first three of an account are free. */
  dashboard: 3,
  /** A custom metric; S3's replication metrics are billed as such. */
  metric: 0.3,
  sqsRequest: 0.4 / 1_000_000,
  /** An image of 100 MB in a registry. */
  image: 0.01,
  /**
   * Of one rule and target region: four metrics read (0.01 per thousand), three lists (0.005), twelve HEADs (0.0004),
   * half a GB-second.
   */
  watermarkRun: (4 * 0.01 + 3 * 0.005 + 12 * 0.0004) / 1_000 + 0.5 * 0.0000133334,
  /** Three listings of archives that are resent to one region alone. */
  resentWatermarkRun: (3 * 0.005) / 1_000,
  /** Two additional metrics that are read for a rule with a fallback. */
  fallbackWatermarkRun: (2 * 0.01) / 1_000,
  /** An interface endpoint in a zone: 0.01 an hour. */
  endpoint: 0.01 * 730,
} as const;

/** S3 replication has four metrics per rule: bytes, operations and latency pending, operations failed. */
export const REPLICATION_METRICS = 4;
/**
 * Metrics that src/aws/telemetry/packing.ts and restoring.ts write for a successful archive, at the source and at each
 * target region of a rule.
 */
export const SOURCE_METRICS = 11;
export const TARGET_METRICS = 6;
/**
 * The same for a rule that replicates deletions, in months with deletions; the table of a target region costs only its
 * requests.
 */
const DELETION_SOURCE_METRICS = 1;
const DELETION_TARGET_METRICS = 5;
/** Metrics watched by the alarms of each fallback service. */
const FALLBACK_ALARM_METRICS = ALARMS.fallback.reduce((sum, row) => sum + billedMetrics(row), 0);
/** Interface endpoints in endpoints.yaml. */
const ENDPOINTS = 4;
/** Runs in a month, one every five minutes. */
const WATERMARK_RUNS = (30 * 24 * 60) / 5;
/** The queue of new objects, and that of a backfill. */
const QUEUES_PER_RULE = 2;
/** Lambda polls an idle queue with five connections, 20 seconds per request. */
const IDLE_REQUESTS = (5 * 30 * 24 * 3600) / 20;

export interface FixedCost {
  readonly what: string;
  readonly count: number;
  /** US dollars a month for all of them. */
  readonly dollars: number;
}

/** The cost of a region when nothing is replicated, item by item. */
export function fixedCosts(plan: RegionPlan): FixedCost[] {
  const { settings, outgoing, fallback } = plan;
  const parts = partsOf(plan);
  const isSource = settings.source_target.includes('source');
  const routes = outgoing.flatMap(archiveRegions).length;
  const fallbackRoutes = outgoing.filter(({ sizing }) => sizing.fallback !== undefined).flatMap(archiveRegions).length;
  const verified = outgoing.filter(({ verify }) => verify !== undefined).length;
  const alarms =
    parts.reduce((sum, { stack }) => sum + (stack === undefined ? 0 : ALARMS[stack].length), 0) +
    VERIFY_ALARMS.length * verified +
    ALARMS.rule.length * outgoing.length +
    ROUTE_ALARMS.length * routes;
  const queues = QUEUES_PER_RULE * outgoing.length + parts.filter(({ queue }) => queue !== undefined).length;
  return [
    item('KMS key', 1, PRICES.key),
    item('alarms', alarms, PRICES.alarm),
    item('dashboard', isSource ? 1 : 0, PRICES.dashboard),
    item('S3 replication metrics', REPLICATION_METRICS * routes, PRICES.metric),
    item(
      'replication rules for resends to one of several regions',
      resendRegions(outgoing).length,
      REPLICATION_METRICS * PRICES.metric + WATERMARK_RUNS * PRICES.resentWatermarkRun,
    ),
    item('watermarks', routes, PRICES.metric + WATERMARK_RUNS * PRICES.watermarkRun),
    item('watermarks of rules with a fallback', fallbackRoutes, WATERMARK_RUNS * PRICES.fallbackWatermarkRun),
    item('idle queues that Lambda polls', queues, IDLE_REQUESTS * PRICES.sqsRequest),
    item('image in the registry', 1, PRICES.image),
    ...(fallback === undefined ? [] : fallbackCosts(fallback)),
  ].filter(({ count }) => count > 0);
}

/** Tasks cost while they run; a public network, the cluster and the services cost nothing. */
function fallbackCosts({ rules, arriving, network, subnetCidrs }: FallbackPlan): FixedCost[] {
  const services = rules.length + (arriving === undefined ? 0 : 1);
  const alarmMetrics = FALLBACK_ALARM_METRICS * services + ALARMS.cluster.length;
  const endpoints = network === 'isolated' ? ENDPOINTS * subnetCidrs.length : 0;
  return [
    item('metrics watched by alarms of the fallback', alarmMetrics, PRICES.alarm),
    item('interface endpoints, one per AWS service and zone', endpoints, PRICES.endpoint),
  ];
}

/** The cost of our own metrics in a month in which every rule of the region was active. */
export function metricCosts({ outgoing, incoming }: RegionPlan): FixedCost[] {
  const arriving = new Set(incoming.map(({ rule }) => rule.id)).size;
  return [
    item('metrics of rules in use', SOURCE_METRICS * outgoing.length + TARGET_METRICS * arriving, PRICES.metric),
    item('metrics of deletions', deletionMetrics({ outgoing, incoming }), PRICES.metric),
  ].filter(({ count }) => count > 0);
}

function deletionMetrics({ outgoing, incoming }: Pick<RegionPlan, 'outgoing' | 'incoming'>): number {
  const arriving = incoming.filter(({ destination }) => destination.deletes === 'replicate').map(({ rule }) => rule.id);
  return (
    DELETION_SOURCE_METRICS * outgoing.filter(replicatesDeletes).length +
    DELETION_TARGET_METRICS * new Set(arriving).size
  );
}

/**
 * USD per month that a rule costs in use, whatever its volume: what `dollarsOfRule` says, metrics of the deletions that it
 * replicates, and alarms of its fallback.
 */
export function ruleDollars(rule: DeployedRule): number {
  const regions = archiveRegions(rule).length;
  const fallback = PRICES.alarm * FALLBACK_ALARM_METRICS + WATERMARK_RUNS * PRICES.fallbackWatermarkRun * regions;
  return (
    dollarsOfRule(regions) +
    deletionDollars(rule) +
    (rule.sizing.fallback === undefined ? 0 : fallback) +
    (rule.verify === undefined ? 0 : PRICES.alarm * VERIFY_ALARMS.length)
  );
}

/** Metrics of deletions at both ends, in months with some. */
function deletionDollars(rule: DeployedRule): number {
  const deleting = rule.destinations.filter(({ deletes }) => deletes === 'replicate');
  const regions = new Set(deleting.map(({ region }) => region)).size;
  return PRICES.metric * ((regions > 0 ? DELETION_SOURCE_METRICS : 0) + DELETION_TARGET_METRICS * regions);
}

/**
 * USD that an additional rule costs per month in which it is used: alarms, metrics of S3 replication, watermarks, an
 * idle queue, and its own metrics at both ends.
 * @param regions that the rule's archives go to
 */
export function dollarsOfRule(regions: number): number {
  return (
    PRICES.alarm * (ALARMS.rule.length + ROUTE_ALARMS.length * regions) +
    PRICES.metric * (REPLICATION_METRICS * regions + SOURCE_METRICS + TARGET_METRICS * regions) +
    (PRICES.metric + WATERMARK_RUNS * PRICES.watermarkRun) * regions +
    QUEUES_PER_RULE * IDLE_REQUESTS * PRICES.sqsRequest
  );
}

export function sumDollars(items: readonly FixedCost[]): number {
  return items.reduce((sum, { dollars }) => sum + dollars, 0);
}

function item(what: string, count: number, each: number): FixedCost {
  return { what, count, dollars: count * each };
}
