import { S3CheckpointObject } from '../../aws/s3/checkpoint-object.ts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import { StepFunctionsExecutions } from '../../aws/stepfunctions/backfill-executions.ts';
import type { BackfillJob } from '../../backfill/file-task.ts';
import type { ObjectFilter } from '../../backfill/object-filter.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { pricesFromFile } from '../../configuration/prices/price-file.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { partitionOf } from '../../configuration/schema/aws-regions.ts';
import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import type { InventoryManifest } from '../../inventory/manifest.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { confirm } from '../command/confirm.ts';
import { findPriceFolder } from '../command/deployment-files.ts';
import { UsageError } from '../command/errors.ts';
import { formatDollars, formatPlural } from '../command/numbers.ts';
import { openManifest } from '../command/open-manifest.ts';
import type { DeployedRuleSession } from '../command/rule-session.ts';
import { engineCost } from './engine-cost.ts';
import { executionFolder, followExecution } from './follow-execution.ts';

export interface StepFunctionsFlags {
  readonly inventory?: string;
  /** Name or ARN of an execution. */
  readonly follow?: string;
  readonly concurrency?: number;
  readonly rate?: number;
  readonly resume?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly profile?: string;
  /** Folder. */
  readonly configuration: string;
}

export interface StepFunctionsBackfill {
  readonly rule: DeployedRule;
  readonly configuration: Configuration;
  readonly flags: StepFunctionsFlags;
  readonly filter: ObjectFilter;
  readonly session: DeployedRuleSession;
  readonly context: CommandContext;
}

/**
 * Concurrent data files. One function queues several thousand objects per second, and the rule's own functions pack
 * fewer.
 */
const CONCURRENCY = 10;

/**
 * `s3xrc backfill --engine step-functions`: starts the state machine of the region and follows it, or follows an
 * earlier execution.
 * @returns 0 when all is queued, 1 when some data files failed
 * @throws UsageError, InvalidInventoryError, and the errors of AWS
 */
export async function backfillByStepFunctions(backfill: StepFunctionsBackfill): Promise<number> {
  const { flags, rule, context, session } = backfill;
  const { profile, follow } = flags;
  const executions = new StepFunctionsExecutions({ region: rule.source.region, profile });
  try {
    const stateMachine = await stateMachineArn(backfill);
    const execution =
      follow === undefined ? await start(backfill, executions, stateMachine) : executionArn(stateMachine, follow);
    if (execution === undefined) return 0;
    const bucket = await session.progressBucket();
    const read = (key: string): Promise<string | undefined> => new S3CheckpointObject(session.s3, bucket, key).load();
    return await followExecution(
      {
        execution,
        rule: rule.id,
        bucket,
        redrive: follow !== undefined && flags.resume === true,
        json: flags.json === true,
      },
      { executions, read, context },
    );
  } finally {
    executions.close();
  }
}

async function start(
  { rule, configuration, flags, filter, session, context }: StepFunctionsBackfill,
  executions: StepFunctionsExecutions,
  stateMachine: string,
): Promise<string | undefined> {
  if (flags.inventory === undefined) {
    throw new UsageError(
      '--engine step-functions requires an inventory: add --inventory s3://bucket/.../manifest.json',
    );
  }
  const manifest = await readInventoryManifest(flags.inventory, rule, session, context.signal);
  requireReadable(manifest, rule, configuration);
  const files = formatPlural(manifest.files.length, 'data file');
  context.note(`Inventory of ${new Date(manifest.created).toISOString()}: ${files} in s3://${manifest.fileBucket}`);
  context.note(await describeQueueingCost(configuration, flags.configuration, rule));
  const text = `Queue the objects in ${files} that the rule selects?`;
  if (!(await confirm({ text, yes: flags.yes }, context.signal))) return undefined;
  const name = executionName(rule.id, new Date());
  const list = `${executionFolder(name)}/files.json`;
  await new S3CheckpointObject(session.s3, await session.progressBucket(), list).save(JSON.stringify(manifest.files));
  const concurrency = Math.min(flags.concurrency ?? CONCURRENCY, manifest.files.length);
  const job: BackfillJob = {
    rule: rule.id,
    filter: { ...filter },
    inventory: { bucket: manifest.fileBucket, format: manifest.format, fields: [...manifest.fields] },
    ...(flags.rate === undefined ? {} : { rate: flags.rate / concurrency }),
  };
  return executions.start(stateMachine, name, JSON.stringify({ job, concurrency }));
}

async function readInventoryManifest(
  name: string,
  rule: DeployedRule,
  session: DeployedRuleSession,
  signal: AbortSignal,
): Promise<InventoryManifest> {
  const store = new S3ObjectStore({ client: session.s3 });
  try {
    return await openManifest(store, name, rule.source.bucket, signal);
  } finally {
    await store.close();
  }
}

/** The number of objects is unknown before the files are read. */
async function describeQueueingCost(
  { settings }: Configuration,
  folder: string,
  { source }: DeployedRule,
): Promise<string> {
  const prices = pricesFromFile(await loadPriceFile(await findPriceFolder(folder)), settings.prices, {
    fromRegion: source.region,
    toRegions: [],
  });
  const { transitions, function: work, messages } = engineCost({ objects: 1e6, files: 1 }, prices);
  return `Queuing costs about ${formatDollars(transitions + work + messages)} per million objects; --dry-run shows what packing them costs.`;
}

/** @throws UsageError when the function may not read these files */
function requireReadable({ fileBucket }: InventoryManifest, rule: DeployedRule, { settings }: Configuration): void {
  const { region } = rule.source;
  const entry = settings.enabled_regions.find((each) => each.region === region);
  if (entry?.inventory_buckets.includes(fileBucket) === true) return;
  throw new UsageError(
    `the state machine of ${region} may not read s3://${fileBucket}: add the bucket to inventory_buckets of ${region} in settings.json, then deploy`,
  );
}

async function stateMachineArn({ rule, configuration, session }: StepFunctionsBackfill): Promise<string> {
  const { region } = rule.source;
  const name = `${resourceNamePrefix(configuration.settings.stack_name)}-backfill`;
  return `arn:${partitionOf(region) ?? 'aws'}:states:${region}:${await session.account()}:stateMachine:${name}`;
}

function executionArn(stateMachine: string, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  return `${stateMachine.replace(':stateMachine:', ':execution:')}:${nameOrArn}`;
}

/** At most the 80 characters that Step Functions allows; a rule's id has up to 51. */
function executionName(rule: string, now: Date): string {
  return `${rule}-${now.toISOString().replaceAll(/[-:.]/g, '')}`;
}
