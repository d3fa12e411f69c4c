import { join } from 'node:path';
import { type EmulatedCloud, startEmulatedCloud } from '../../../../local-cloud/emulated-cloud.ts';
import { enableVersioning } from '../../../../local-cloud/pipeline/bucket-setup.ts';
import {
  createPipelineResources,
  type PipelineResources,
  progressBucketName,
} from '../../../../local-cloud/pipeline/create-pipeline-resources.ts';
import type { QueuePair } from '../../../../local-cloud/pipeline/queue-pair.ts';
import { Replicator } from '../../../../local-cloud/replicator.ts';
import { type ReplicationRule, replicatesDeletes } from '../../../configuration/rule.ts';
import { DemoFailedError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import type { Workspace } from '../workspace.ts';
import { bundleForDemo } from './bundle-for-demo.ts';
import { EventCopies } from './event-copies.ts';
import { FunctionLog } from './function-log.ts';
import type { Pipeline } from './pipeline.ts';
import { sendDamaged } from './send-damaged.ts';
import { throughEndpoint } from './service-environment.ts';
import {
  fallbackDeadLetters,
  type RegionService,
  startRegionService,
  sumFallbacks,
  waitUntilIdle,
} from './start-region-service.ts';
import { chooseTimeouts, type Timeouts } from './timeouts.ts';

/** The same faults in the same order in each run, if the order of the calls is the same. */
const FAULT_SEED = 20_261_123;
/** Such a run mostly waits for stalled calls. */
const STALL_SECONDS = 3;
/** The level statistics can be read once; after that DynamoDB fails, and the source packs without it. */
const OUTAGE = { service: 'DynamoDB_20120810', afterRequests: 1 };
const OUTBOUND = 'demo-outbound';
const INBOUND = 'demo-inbound';
const STATISTICS = 'demo-statistics';
const DELETIONS = 'demo-deletions';
/** Short, since a person waits until the next task takes over from a killed one. */
const OWNERSHIP_SECONDS = 6;

export interface PipelineOptions {
  readonly rule: ReplicationRule;
  /** Directory of the configuration files. */
  readonly configuration: string;
  /** Bytes of all objects that pass through the functions, which determine their timeouts. */
  readonly bytes: number;
  readonly faultRate: number;
  /** Whether tasks do the work that exceeds a function's limits. */
  readonly hasFallback: boolean;
  /** Called when the regions exist but nothing of the rule, not even its source bucket. */
  readonly before?: (cloud: EmulatedCloud) => Promise<void>;
}

/** Starts regions, replicator and functions for one rule. All of it ends with the workspace. */
export async function startPipeline(
  options: PipelineOptions,
  workspace: Workspace,
  progress: Progress,
): Promise<Pipeline> {
  const { rule, faultRate } = options;
  const { cleanup } = workspace;
  const bundles = join(workspace.temporary, 'functions');
  const bundled = bundleForDemo(bundles);
  // Awaited below: a cloud that is still starting must be up before anything is cleaned up, and everything that writes
  // into the temporary folder must end before that is removed.
  const settled = bundled.catch(() => undefined);
  cleanup.defer(() => settled);
  const cloud = await startCloud(options, workspace, progress);
  await bundled;
  await options.before?.(cloud);
  const patience = chooseTimeouts(options.bytes, faultRate);
  const resources = await createPipelineResources(cloud, pipelinePlan(rule, patience));
  // Versioning allows deletions to be undone.
  if (replicatesDeletes(rule)) await enableVersioning(cloud.region(rule.source.region).s3, rule.source.bucket);
  // Versioning preserves every write by a target, for the checks at the end.
  for (const { region, bucket } of rule.destinations) await enableVersioning(cloud.region(region).s3, bucket);
  let copies = 0;
  const replicator = new Replicator({
    regions: cloud.regions,
    sources: resources.outbound,
    onReplicated: () => {
      copies += 1;
    },
  });
  await replicator.start();
  cleanup.defer(() => replicator.stop());
  const log = new FunctionLog();
  const events = new EventCopies();
  const { source, targets } = await startSides(options, { cloud, resources, patience, log, events, bundles }, cleanup);
  const { deadLetterQueues, ...found } = connectResources(rule, cloud, resources);
  return {
    ...found,
    log,
    events,
    replicated: () => copies,
    faults: () => sumFaults(faultRate, cloud, [source, ...targets]),
    fallback: () => sumFallbacks(source, targets),
    packed: () => waitUntilIdle(source),
    copied: () => replicator.idle(),
    holdCopies: () => replicator.hold(),
    letCopiesPass: () => replicator.letPass(),
    releaseCopies: () => {
      replicator.release();
    },
    sendDamaged: (deleted) => sendDamaged(found.outbound, found.inbound, replicator.held, deleted),
    restored: async () => {
      await Promise.all(targets.map(waitUntilIdle));
    },
    deadLetterQueues: [...deadLetterQueues, ...fallbackDeadLetters([source, ...targets])],
  };
}

async function startCloud(
  { rule, faultRate }: PipelineOptions,
  { cleanup }: Workspace,
  progress: Progress,
): Promise<EmulatedCloud> {
  const cloud = await startEmulatedCloud({
    regions: [...new Set([rule.source.region, ...targetRegions(rule)])],
    ...(faultRate === 0
      ? {}
      : {
          faults: {
            share: faultRate,
            seed: FAULT_SEED,
            stallSeconds: STALL_SECONDS,
            outage: { ...OUTAGE, region: rule.source.region },
          },
        }),
    announce: (line) => {
      progress.say(line);
    },
  });
  cleanup.defer(() => cloud.stop());
  return cloud;
}

function pipelinePlan(rule: ReplicationRule, patience: Timeouts): Parameters<typeof createPipelineResources>[1] {
  const { region, bucket, prefix } = rule.source;
  const plannedRule = {
    id: rule.id,
    region,
    sourceBucket: bucket,
    sourcePrefix: prefix,
    outboundBucket: OUTBOUND,
    archivePrefix: `${rule.id}/`,
    targetRegions: targetRegions(rule),
    reportsRemovals: replicatesDeletes(rule),
  };
  return {
    rules: [plannedRule],
    inbound: targetRegions(rule).map((target) => ({ region: target, bucket: inboundBucket(target) })),
    targets: rule.destinations.map((destination) => ({ region: destination.region, bucket: destination.bucket })),
    queues: { visibilitySeconds: patience.visibilitySeconds, maxReceiveCount: patience.maxReceives },
    statistics: { region, table: STATISTICS },
    deletions: replicatesDeletes(rule)
      ? targetRegions(rule).map((target) => ({ region: target, table: DELETIONS }))
      : [],
  };
}

interface Ground {
  readonly cloud: EmulatedCloud;
  readonly resources: PipelineResources;
  readonly patience: Timeouts;
  readonly log: FunctionLog;
  readonly events: EventCopies;
  readonly bundles: string;
}

async function startSides(
  { rule, configuration: CONFIGURATION_DIRECTORY, faultRate, hasFallback }: PipelineOptions,
  { cloud, resources, patience, log, events, bundles }: Ground,
  cleanup: AsyncDisposableStack,
): Promise<{ source: RegionService; targets: RegionService[] }> {
  const shared = {
    bundles,
    patience,
    hasFaults: faultRate > 0,
    onLine: (line: string) => {
      log.read(line);
    },
    ...(hasFallback ? { fallbackOverBytes: rule.source.maxObjectBytes } : {}),
  };
  const source = await startRegionService(
    {
      ...shared,
      kind: 'source',
      onMessage: (body) => {
        events.keep(body);
      },
      region: cloud.region(rule.source.region),
      queue: queueOf(resources.ruleQueues, rule.id),
      backfillQueue: queueOf(resources.backfillQueues, rule.id),
      environment: {
        CONFIGURATION_DIRECTORY,
        RULE_ID: rule.id,
        OUTBOUND_BUCKET: OUTBOUND,
        PROGRESS_BUCKET: progressBucketName(OUTBOUND),
        OWNERSHIP_SECONDS: String(OWNERSHIP_SECONDS),
        STATISTICS_TABLE: STATISTICS,
      },
    },
    cleanup,
  );
  const targets: RegionService[] = [];
  for (const region of targetRegions(rule)) {
    const plan = {
      ...shared,
      kind: 'target' as const,
      region: cloud.region(region),
      queue: queueOf(resources.targetQueues, region),
      environment: {
        CONFIGURATION_DIRECTORY,
        INBOUND_BUCKET: inboundBucket(region),
        ...(replicatesDeletes(rule) ? { DELETIONS_TABLE: DELETIONS } : {}),
      },
    };
    targets.push(await startRegionService(plan, cleanup));
  }
  return { source, targets };
}

function connectResources(
  rule: ReplicationRule,
  cloud: EmulatedCloud,
  resources: PipelineResources,
): Pick<Pipeline, 'source' | 'backfill' | 'outbound' | 'inbound' | 'destinations' | 'deadLetterQueues'> {
  const { s3, sqs } = cloud.region(rule.source.region);
  const ruleQueue = queueOf(resources.ruleQueues, rule.id);
  return {
    source: { s3, sqs, bucket: rule.source.bucket, queueUrl: ruleQueue.url },
    backfill: {
      regions: cloud.regions,
      queueUrl: throughEndpoint(queueOf(resources.backfillQueues, rule.id).url, cloud.region(rule.source.region)),
      progressBucket: progressBucketName(OUTBOUND),
      ruleQueueArn: ruleQueue.arn,
    },
    outbound: { s3, bucket: OUTBOUND },
    inbound: targetRegions(rule).map((region) => ({
      region,
      s3: cloud.region(region).s3,
      bucket: inboundBucket(region),
    })),
    destinations: rule.destinations.map((destination) => ({ destination, s3: cloud.region(destination.region).s3 })),
    deadLetterQueues: [
      { name: 'rule queue', sqs, url: ruleQueue.deadLetters.url },
      ...targetRegions(rule).map((region) => ({
        name: `target queue of ${region}`,
        sqs: cloud.region(region).sqs,
        url: queueOf(resources.targetQueues, region).deadLetters.url,
      })),
    ],
  };
}

function sumFaults(
  rate: number,
  cloud: EmulatedCloud,
  sides: readonly RegionService[],
): ReturnType<Pipeline['faults']> {
  const counts = [...cloud.regions.values()].flatMap(({ faults }) => [...(faults?.counts.values() ?? [])]);
  return {
    rate,
    failedCalls: counts.reduce((sum, count) => sum + count, 0),
    killedWorkers: sides.reduce((sum, { service }) => sum + service.kills, 0),
    failedInvocations: sides.reduce((sum, { service }) => sum + service.failures, 0),
  };
}

/** A rule may have several destinations in one region; there is one function for all of them. */
function targetRegions({ destinations }: ReplicationRule): string[] {
  return [...new Set(destinations.map(({ region }) => region))];
}

function inboundBucket(region: string): string {
  return `${INBOUND}-${region}`;
}

function queueOf(queues: ReadonlyMap<string, QueuePair>, name: string): QueuePair {
  const queue = queues.get(name);
  if (queue === undefined) throw new DemoFailedError(`No queue was created for ${name}`);
  return queue;
}
