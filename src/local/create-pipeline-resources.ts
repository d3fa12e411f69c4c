import type { EmulatedCloud } from './emulated-cloud.ts';
import {
  createBucket,
  enableVersioning,
  notificationOfNewObjects,
  notifyQueues,
  replicate,
  replicationRule,
} from './local-bucket.ts';
import type { BucketPlan, PipelinePlan, RulePlan } from './pipeline-plan.ts';
import { createQueue, createQueuePair, type LocalQueue, type QueuePair } from './queue-pair.ts';

export interface PipelineResources {
  /** By rule id. */
  readonly ruleQueues: ReadonlyMap<string, QueuePair>;
  /** By target region. */
  readonly targetQueues: ReadonlyMap<string, QueuePair>;
  /** By source region: where S3 tells of archives that it could not replicate. */
  readonly replicationFailures: ReadonlyMap<string, LocalQueue>;
  /** Buckets to be watched by a `Replicator`. */
  readonly outbound: readonly BucketPlan[];
}

/**
 * Makes the buckets and queues of the product's stacks, wired as there: source bucket -> rule queue; outbound
 * bucket -> replication rule a target region; inbound bucket -> target queue.
 */
export async function createPipelineResources(cloud: EmulatedCloud, plan: PipelinePlan): Promise<PipelineResources> {
  const targetQueues = await createInbound(cloud, plan);
  for (const { region, bucket } of plan.targets) await createBucket(cloud.region(region).s3, region, bucket);
  const ruleQueues = await createSources(cloud, plan);
  const outbound = uniqueBuckets(plan.rules.map(({ region, outboundBucket }) => ({ region, bucket: outboundBucket })));
  const replicationFailures = new Map<string, LocalQueue>();
  for (const { region, bucket } of outbound) {
    const failures = await createOutbound(cloud, plan, { region, bucket });
    replicationFailures.set(region, failures);
  }
  return { ruleQueues, targetQueues, replicationFailures, outbound };
}

async function createInbound(cloud: EmulatedCloud, plan: PipelinePlan): Promise<Map<string, QueuePair>> {
  const queues = new Map<string, QueuePair>();
  for (const { region, bucket } of plan.inbound) {
    const { s3, sqs } = cloud.region(region);
    const queue = await createQueuePair(sqs, 'target', plan.queues);
    await createBucket(s3, region, bucket);
    await enableVersioning(s3, bucket);
    await notifyQueues(s3, bucket, [notificationOfNewObjects('archives', queue.arn)]);
    queues.set(region, queue);
  }
  return queues;
}

async function createSources(cloud: EmulatedCloud, plan: PipelinePlan): Promise<Map<string, QueuePair>> {
  const queues = new Map<string, QueuePair>();
  for (const rule of plan.rules) {
    queues.set(rule.id, await createQueuePair(cloud.region(rule.region).sqs, `rule-${rule.id}`, plan.queues));
  }
  const buckets = uniqueBuckets(plan.rules.map(({ region, sourceBucket }) => ({ region, bucket: sourceBucket })));
  for (const { region, bucket } of buckets) {
    const { s3 } = cloud.region(region);
    await createBucket(s3, region, bucket);
    const notifications = rulesOf(plan, bucket).map(({ id, sourcePrefix }) =>
      notificationOfNewObjects(id, queues.get(id)?.arn ?? '', sourcePrefix),
    );
    await notifyQueues(s3, bucket, notifications);
  }
  return queues;
}

function rulesOf(plan: PipelinePlan, sourceBucket: string): RulePlan[] {
  return plan.rules.filter((rule) => rule.sourceBucket === sourceBucket);
}

async function createOutbound(
  cloud: EmulatedCloud,
  plan: PipelinePlan,
  { region, bucket }: BucketPlan,
): Promise<LocalQueue> {
  const { s3, sqs } = cloud.region(region);
  await createBucket(s3, region, bucket);
  await enableVersioning(s3, bucket);
  const rules = plan.rules
    .filter((rule) => rule.outboundBucket === bucket)
    .flatMap((rule) => rule.targetRegions.map((target) => ({ rule, target })))
    .map(({ rule, target }, index) => {
      const inbound = plan.inbound.find((candidate) => candidate.region === target)?.bucket ?? '';
      return replicationRule(index + 1, `${rule.id}-${target}`, rule.archivePrefix, inbound);
    });
  await replicate(s3, bucket, rules);
  const failures = await createQueue(sqs, `${bucket}-replication-failures`, {});
  const Events = ['s3:Replication:OperationFailedReplication' as const];
  await notifyQueues(s3, bucket, [{ Id: 'replication-failures', QueueArn: failures.arn, Events }]);
  return failures;
}

function uniqueBuckets(buckets: readonly BucketPlan[]): BucketPlan[] {
  return [...new Map(buckets.map((bucket) => [`${bucket.region}/${bucket.bucket}`, bucket])).values()];
}
