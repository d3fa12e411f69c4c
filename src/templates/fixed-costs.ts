import { archiveRegions, type RegionPlan } from './plan-regions.ts';

/**
 * US dollars a month, us-east-1, November 2026 (AWS pricing pages of KMS, CloudWatch, SQS and ECR; CloudWatch and ECR from
 * memory). They differ by region by some percent, and these sums are to be read so.
 */
const PRICES = {
  /** A customer managed key. */
  key: 1,
  /** An alarm on a metric of standard resolution. */
  alarm: 0.1,
  /** A dashboard; the first three of an account are free. */
  dashboard: 3,
  /** A custom metric; S3's replication metrics are billed as such. */
  metric: 0.3,
  sqsRequest: 0.4 / 1_000_000,
  /** Of 100 MB in a registry. */
  image: 0.01,
} as const;

/** S3 replication has four metrics a rule: bytes, operations and latency pending, operations failed. */
const REPLICATION_METRICS = 4;
/** What src/aws/telemetry.ts writes for an archive that goes well, at the source and at each target region of a rule. */
const SOURCE_METRICS = 9;
const TARGET_METRICS = 5;
const RULE_ALARMS = 4;
const TARGET_ALARMS = 4;
/** Lambda polls an idle queue with five connections, 20 seconds a request. */
const IDLE_REQUESTS = (5 * 30 * 24 * 3600) / 20;

export interface CostItem {
  readonly what: string;
  readonly count: number;
  /** US dollars a month for all of them. */
  readonly dollars: number;
}

/** What a region costs when nothing is replicated, item by item. */
export function fixedCosts({ settings, outgoing }: RegionPlan): CostItem[] {
  const isSource = settings.source_target.includes('source');
  const isTarget = settings.source_target.includes('target');
  const routes = outgoing.flatMap(archiveRegions).length;
  const alarms = 1 + (isSource ? 1 : 0) + (isTarget ? TARGET_ALARMS : 0) + RULE_ALARMS * outgoing.length;
  const queues = outgoing.length + (isTarget ? 1 : 0);
  return [
    item('KMS key', 1, PRICES.key),
    item('alarms', alarms, PRICES.alarm),
    item('dashboard', isSource ? 1 : 0, PRICES.dashboard),
    item('metrics of S3 replication', REPLICATION_METRICS * routes, PRICES.metric),
    item('queues that Lambda polls while idle', queues, IDLE_REQUESTS * PRICES.sqsRequest),
    item('image in the registry', 1, PRICES.image),
  ].filter(({ count }) => count > 0);
}

/** What our own metrics add in a month in which every rule of the region had something to do. */
export function metricCosts({ outgoing, incoming }: RegionPlan): CostItem[] {
  const arriving = new Set(incoming.map(({ rule }) => rule.id)).size;
  return [
    item('metrics of rules in use', SOURCE_METRICS * outgoing.length + TARGET_METRICS * arriving, PRICES.metric),
  ].filter(({ count }) => count > 0);
}

export function sumDollars(items: readonly CostItem[]): number {
  return items.reduce((sum, { dollars }) => sum + dollars, 0);
}

function item(what: string, count: number, each: number): CostItem {
  return { what, count, dollars: count * each };
}
