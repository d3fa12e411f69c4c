import { ARCHIVE_SUFFIX } from '../../src/archive/format.ts';
import { resendPrefix } from '../../src/configuration/resend-prefix.ts';
import type { EmulatedCloud } from '../emulated-cloud.ts';
import { ReplicationSetupError } from '../errors.ts';
import {
  createBucket,
  enableVersioning,
  ensureBucket,
  notificationOfNewObjects,
  notificationOfRemovals,
  notifyQueues,
  replicateBucket,
  replicationRule,
} from './bucket-setup.ts';
import { createDeletionsTable } from './deletions-table.ts';
import type { BucketPlan, PipelinePlan, QueuePlan, RulePlan } from './plan.ts';
import { createQueuePair, createRedrivenQueue, type QueuePair } from './queue-pair.ts';
import { createStatisticsTable } from './statistics-table.ts';

export interface PipelineResources {
  /** By rule id. */
  readonly ruleQueues: ReadonlyMap<string, QueuePair>;
  /** By rule id: queues of existing objects, which use the rules' own dead-letter queues. */
  readonly backfillQueues: ReadonlyMap<string, QueuePair>;
  /** By target region. */
  readonly targetQueues: ReadonlyMap<string, QueuePair>;
  /** By outbound bucket: the queue in which S3 reports archives that it could not replicate. */
  readonly replicationFailures: ReadonlyMap<string, QueuePair>;
  /** Buckets to be watched by a `Replicator`. */
  readonly outbound: readonly BucketPlan[];
}

/**
 * Makes the buckets and queues of the product's stacks, connected in the same way: source bucket (may already exist) ->
 * rule queue; outbound bucket -> one replication rule per target region, and a queue for its failures; inbound bucket
 * -> target queue.
 *
 * @throws ReplicationSetupError when a rule names a target region that has no inbound bucket
 */
export async function createPipelineResources(cloud: EmulatedCloud, plan: PipelinePlan): Promise<PipelineResources> {
  const targetQueues = new Map<string, QueuePair>();
  for (const inbound of plan.inbound)
    targetQueues.set(inbound.region, await createInbound(cloud, inbound, plan.queues));
  if (plan.statistics !== undefined) {
    await createStatisticsTable(cloud.region(plan.statistics.region).dynamodb, plan.statistics.table);
  }
  for (const { region, table } of plan.deletions ?? []) {
    await createDeletionsTable(cloud.region(region).dynamodb, table);
  }
  for (const { region, bucket } of plan.targets) await createBucket(cloud.region(region).s3, region, bucket);

  const ruleQueues = new Map<string, QueuePair>();
  const backfillQueues = new Map<string, QueuePair>();
  for (const rules of groupByBucket(plan.rules, 'sourceBucket')) {
    for (const { id, queue, backfill } of await createSource(cloud, rules, plan.queues)) {
      ruleQueues.set(id, queue);
      backfillQueues.set(id, backfill);
    }
  }
  const replicationFailures = new Map<string, QueuePair>();
  const outbound: BucketPlan[] = [];
  for (const rules of groupByBucket(plan.rules, 'outboundBucket')) {
    const { region, outboundBucket: bucket } = rules[0];
    outbound.push({ region, bucket });
    replicationFailures.set(bucket, await createOutbound(cloud, rules, plan));
  }
  return { ruleQueues, backfillQueues, targetQueues, replicationFailures, outbound };
}

/** The bucket for archives of an outbound bucket that could not be replicated. */
export function failedBucketName(outboundBucket: string): string {
  return `${outboundBucket}-failed`;
}

/** The bucket in which packing records the progress of large objects' archives. */
export function progressBucketName(outboundBucket: string): string {
  return `${outboundBucket}-progress`;
}

type RulesOfBucket = readonly [RulePlan, ...RulePlan[]];

function groupByBucket(rules: readonly RulePlan[], role: 'sourceBucket' | 'outboundBucket'): RulesOfBucket[] {
  const groups = new Map<string, [RulePlan, ...RulePlan[]]>();
  for (const rule of rules) {
    const group = groups.get(rule[role]);
    if (group === undefined) groups.set(rule[role], [rule]);
    else group.push(rule);
  }
  return [...groups.values()];
}

async function createInbound(cloud: EmulatedCloud, inbound: BucketPlan, queues: QueuePlan): Promise<QueuePair> {
  const { s3, sqs } = cloud.region(inbound.region);
  const queue = await createQueuePair(sqs, 'target', queues);
  await createBucket(s3, inbound.region, inbound.bucket);
  await enableVersioning(s3, inbound.bucket);
  await notifyQueues(s3, inbound.bucket, [notificationOfNewObjects('archives', queue.arn, { suffix: ARCHIVE_SUFFIX })]);
  return queue;
}

interface QueuesOfRule {
  readonly id: string;
  readonly queue: QueuePair;
  readonly backfill: QueuePair;
}

async function createSource(cloud: EmulatedCloud, rules: RulesOfBucket, queues: QueuePlan): Promise<QueuesOfRule[]> {
  const { region, sourceBucket } = rules[0];
  const { s3, sqs } = cloud.region(region);
  await ensureBucket(s3, region, sourceBucket);
  const created = await Promise.all(
    rules.map(async (rule) => {
      const queue = await createQueuePair(sqs, `rule-${rule.id}`, queues);
      const backfill = await createRedrivenQueue(sqs, `rule-${rule.id}-backfill`, queue.deadLetters, queues);
      return { rule, queue, backfill };
    }),
  );
  const notifications = created.map(({ rule, queue }) => {
    const notification = rule.reportsRemovals === true ? notificationOfRemovals : notificationOfNewObjects;
    return notification(rule.id, queue.arn, { prefix: rule.sourcePrefix });
  });
  await notifyQueues(s3, sourceBucket, notifications);
  return created.map(({ rule: { id }, queue, backfill }) => ({ id, queue, backfill }));
}

async function createOutbound(
  cloud: EmulatedCloud,
  rules: RulesOfBucket,
  { inbound, queues }: PipelinePlan,
): Promise<QueuePair> {
  const { region, outboundBucket } = rules[0];
  const { s3, sqs } = cloud.region(region);
  await createBucket(s3, region, outboundBucket);
  await enableVersioning(s3, outboundBucket);
  await createBucket(s3, region, failedBucketName(outboundBucket));
  await enableVersioning(s3, failedBucketName(outboundBucket));
  await createBucket(s3, region, progressBucketName(outboundBucket));
  await enableVersioning(s3, progressBucketName(outboundBucket));
  const failures = await createQueuePair(sqs, `${outboundBucket}-replication-failures`, queues);
  await notifyQueues(s3, outboundBucket, [
    { Id: 'replication-failures', QueueArn: failures.arn, Events: ['s3:Replication:OperationFailedReplication'] },
  ]);
  const several = rules.filter(({ targetRegions }) => targetRegions.length > 1);
  const routes = [
    ...rules.flatMap(({ id, archivePrefix: prefix, targetRegions }) =>
      targetRegions.map((target) => ({ id: `${id}-${target}`, prefix, target })),
    ),
    ...[...new Set(several.flatMap(({ targetRegions }) => targetRegions))].map((target) => {
      const prefix = resendPrefix(target);
      return { id: prefix.slice(0, -1), prefix, target };
    }),
  ];
  const replicationRules = routes.map(({ id, prefix, target }, index) => {
    const destination = inbound.find((candidate) => candidate.region === target);
    if (destination !== undefined) return replicationRule(index + 1, id, prefix, destination.bucket);
    throw new ReplicationSetupError(`Replication rule ${id} names ${target}, which has no inbound bucket`);
  });
  await replicateBucket(s3, outboundBucket, replicationRules);
  return failures;
}
