import pLimit from 'p-limit';
import type { EmulatedCloud } from '../../../../local-cloud/emulated-cloud.ts';
import {
  createBucket,
  notificationOfNewObjects,
  notificationOfRemovals,
  notifyQueues,
} from '../../../../local-cloud/pipeline/bucket-setup.ts';
import type { DeployedRule } from '../../../configuration/deployed-rule.ts';
import { replicatesDeletes } from '../../../configuration/rule.ts';
import { formatPlural } from '../../command/numbers.ts';
import type { DemoObject } from '../input/planned-object.ts';
import { bodySize } from '../input/planned-object.ts';
import type { DemoOptions } from '../options.ts';
import { chooseRule } from '../pipeline/choose-rule.ts';
import { readDeadLetters } from '../pipeline/dead-letters.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { prepareConfiguration } from '../pipeline/prepare-configuration.ts';
import { startPipeline } from '../pipeline/start-pipeline.ts';
import type { Progress } from '../progress.ts';
import { type BucketClient, putObject } from '../upload/put-object.ts';
import type { UploadedObject } from '../upload/uploaded-object.ts';
import { verifyDestinations } from '../verify/verify-destinations.ts';
import type { Workspace } from '../workspace.ts';
import type { ExistingResult } from './existing-result.ts';
import {
  countPlanted,
  describeProblems,
  foundOf,
  REPAIRED_KINDS,
  readVerifyReport,
  type VerifyReport,
  withoutExtra,
} from './judge-existing.ts';
import { type ExistingObjectsPlan, planBucket, planObject } from './plan-bucket.ts';
import { openTools, type Tools } from './run-tool.ts';
import { seedDifferences } from './seed-differences.ts';

const PARALLEL_UPLOADS = 16;
/** For `--not-due`: no object is too young to be compared. */
const ALL_DUE = ['--not-due', '0s'];
/** For `--not-due`: every object is too young. */
const NONE_DUE = ['--not-due', '1d'];

/**
 * Backfills a bucket that was full before the rule while objects are overwritten, then verifies, damages, verifies
 * again and repairs it, all with the real commands.
 * @throws DemoInputError, InvalidConfigurationError, DemoFailedError, and the errors of the local servers
 */
export async function runExisting(
  { existing = 0, faults, fanOut, configuration: folder }: DemoOptions,
  workspace: Workspace,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExistingResult> {
  const configuration = await prepareConfiguration(folder, {}, workspace.temporary);
  const rule = chooseRule(configuration.rules, fanOut);
  const plan = planBucket(existing, rule.source.prefix);
  const bucket = new SourceBucket();
  progress.say(`${formatPlural(existing, 'object')} before the rule. Starting the emulated regions ...`);
  const pipeline = await startPipeline(
    {
      rule,
      configuration: configuration.directory,
      bytes: plan.existing.reduce((sum, { body }) => sum + bodySize(body), 0),
      faultRate: faults,
      hasFallback: false,
      before: (cloud) => fillBucket(cloud, rule, plan, bucket, progress),
    },
    workspace,
    progress,
  );
  const note = (text: string): void => {
    progress.say(text.startsWith('$') ? text : `  ${text}`);
  };
  const tools = openTools(rule.id, configuration.directory, pipeline.backfill, { note, signal });
  return await followThrough({ rule, plan, bucket, pipeline, tools, progress });
}

interface Scene {
  readonly rule: DeployedRule;
  readonly plan: ExistingObjectsPlan;
  readonly bucket: SourceBucket;
  readonly pipeline: Pipeline;
  readonly tools: Tools;
  readonly progress: Progress;
}

async function followThrough(scene: Scene): Promise<ExistingResult> {
  const { plan, bucket, pipeline, tools, progress } = scene;
  const begun = performance.now();
  const { queued, overwritten } = await backfill(scene);
  const backfillSeconds = (performance.now() - begun) / 1000;
  const verified = readVerifyReport((await tools.verify(...ALL_DUE)).report);
  progress.say(describeReport('verified', verified));

  await plantDifferences(scene);
  const young = readVerifyReport((await tools.verify(...NONE_DUE)).report);
  const repair = async (...flags: readonly string[]): Promise<VerifyReport> => {
    const report = readVerifyReport((await tools.verify(...ALL_DUE, ...flags, '--repair', '--yes')).report);
    // Objects in transit would be found, and queued, a second time.
    await settled(pipeline);
    return report;
  };
  const reports = [await repair(), await repair('--bytes', '--prefix', plan.readPrefix)];
  const found = foundOf(plan.planted, reports);
  const planted = countPlanted(plan.planted);
  progress.say(`planted      ${found} of ${planted} differences found`);
  const healed = readVerifyReport((await tools.verify(...ALL_DUE)).report);
  const read = readVerifyReport((await tools.verify(...ALL_DUE, '--bytes', '--prefix', plan.readPrefix)).report);
  progress.say(describeReport('repaired', healed));

  const { extra } = plan.planted;
  const prefixed = new Set(
    pipeline.destinations.flatMap(({ destination: { targetPrefix = '' } }) => extra.map((key) => targetPrefix + key)),
  );
  const compared = await compareAll(pipeline, bucket.objects, progress);
  return {
    objects: plan.existing.length,
    archived: plan.archived.length,
    overwritten,
    queued,
    backfillSeconds,
    planted,
    found,
    repaired: reports.reduce((sum, { repaired }) => sum + repaired, 0),
    verified,
    healed,
    verification: withoutExtra(compared, (key) => prefixed.has(key)),
    faults: pipeline.faults(),
    deadLetters: (await Promise.all(pipeline.deadLetterQueues.map(readDeadLetters))).flat(),
    problems: [
      ...(queued < plan.existing.length ? [`${queued} of ${plan.existing.length} objects were queued`] : []),
      ...(verified.archived === plan.archived.length ? [] : [`${verified.archived} archived objects were reported`]),
      ...describeProblems('after the backfill', verified),
      ...(young.notDue > 0 && REPAIRED_KINDS.every((kind) => young[kind] === 0)
        ? []
        : ['objects that were not due were reported as wrong']),
      ...(found === planted ? [] : [`${found} of ${planted} planted differences were found`]),
      ...describeProblems('after the repair', healed, extra.length * pipeline.destinations.length),
      ...describeProblems('after the repair, read', read),
    ],
  };
}

/** Runs the command, overwrites objects before and after it has queued them, and waits until everything is restored. */
async function backfill({
  plan,
  bucket,
  pipeline,
  tools,
  progress,
}: Scene): Promise<{ queued: number; overwritten: number }> {
  const queueing = progress.stage('queued', plan.existing.length);
  const restoring = progress.stage('restored', plan.existing.length * pipeline.destinations.length);
  const [during, after] = plan.overwritten;
  const [{ report }] = await Promise.all([tools.backfill('--yes'), bucket.write(pipeline.source, during)]);
  const queued = Number(report['queued']);
  queueing.finish(queued);
  await bucket.write(pipeline.source, after);
  await settled(pipeline);
  restoring.finish(pipeline.log.restored);
  return { queued, overwritten: during.length + after.length };
}

async function plantDifferences({ rule, plan, bucket, pipeline }: Scene): Promise<void> {
  const { source, destinations, backfill } = pipeline;
  const { missing, older } = plan.planted;
  // No event is raised for the objects written now.
  await notifyQueues(source.s3, source.bucket, []);
  const rewritten = older.map((key, index) => planObject(key, index, 'unannounced'));
  const added = missing.unannounced.map((key, index) => planObject(key, index, 'unannounced'));
  await bucket.write(source, [...rewritten, ...added]);
  const { ruleQueueArn } = backfill;
  const notification = replicatesDeletes(rule) ? notificationOfRemovals : notificationOfNewObjects;
  await notifyQueues(source.s3, source.bucket, [notification(rule.id, ruleQueueArn, { prefix: rule.source.prefix })]);
  for (const { destination, s3 } of destinations) {
    await seedDifferences({ s3, bucket: destination.bucket }, destination.targetPrefix ?? '', plan.planted);
  }
}

async function settled(pipeline: Pipeline): Promise<void> {
  await pipeline.packed();
  await pipeline.copied();
  await pipeline.restored();
}

async function compareAll(
  pipeline: Pipeline,
  objects: readonly UploadedObject[],
  progress: Progress,
): ReturnType<typeof verifyDestinations> {
  const stage = progress.stage('read back', objects.length * pipeline.destinations.length);
  let done = 0;
  const verification = await verifyDestinations(pipeline.destinations, objects, () => {
    done += 1;
    stage.reach(done);
  });
  stage.finish(done);
  return verification;
}

function describeReport(what: string, report: VerifyReport): string {
  const wrong = REPAIRED_KINDS.map((kind) => `${report[kind]} ${kind}`).join(', ');
  return `${what.padEnd(12)} ${report.equal} equal, ${wrong}, ${report.extra} extra`;
}

async function fillBucket(
  cloud: EmulatedCloud,
  { source: { region, bucket: name } }: DeployedRule,
  { existing, archived }: ExistingObjectsPlan,
  bucket: SourceBucket,
  progress: Progress,
): Promise<void> {
  const { s3 } = cloud.region(region);
  await createBucket(s3, region, name);
  const stage = progress.stage('uploaded', existing.length);
  const client = { s3, bucket: name };
  let uploaded = 0;
  await bucket.write(client, existing, () => {
    uploaded += 1;
    stage.reach(uploaded);
  });
  await bucket.writeArchived(client, archived);
  stage.finish(uploaded);
}

/** The contents of the source bucket, which must be at the targets in the end. */
class SourceBucket {
  readonly #turns = pLimit(PARALLEL_UPLOADS);
  readonly #objects = new Map<string, UploadedObject>();

  get objects(): readonly UploadedObject[] {
    return [...this.#objects.values()];
  }

  async write(
    client: BucketClient,
    objects: readonly DemoObject[],
    onWritten: () => void = () => undefined,
  ): Promise<void> {
    await this.#turns.map(objects, async ({ key, body, attributes }) => {
      const version = await putObject(client, key, body, attributes);
      // How often a target writes it does not matter here.
      this.#objects.set(key, { ...version, writes: [0, Number.POSITIVE_INFINITY] });
      onWritten();
    });
  }

  /** Objects that are not replicated, since they cannot be read. */
  async writeArchived(client: BucketClient, objects: readonly DemoObject[]): Promise<void> {
    for (const { key, body, attributes } of objects) await putObject(client, key, body, attributes);
  }
}
