import type { TableDescription, TimeToLiveDescription } from '@aws-sdk/client-dynamodb';
import { GetFunctionCommand, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { resourceNamePrefix } from '../../../configuration/schema/resource-names.ts';
import { remembersDeletions } from '../../../templates/plan-regions.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** The attribute by which items expire, as in src/stacks/target.yaml. */
const EXPIRY = 'ExpiresAt';

/** Checks that target regions can record deletions at the sources. Empty if no rule replicates deletions. */
export const DELETION_CHECKS: CheckGroup = {
  name: 'deletions',
  title: 'Table of deletions',
  checksOf: (context) =>
    context.plans.filter(remembersDeletions).map(({ region }) => ({
      subject: subjectOf(region, context),
      takes: 'dynamodb:DescribeTable, dynamodb:DescribeTimeToLive and lambda:GetFunction',
      run: (signal) =>
        context.deployments.whenDeployed(region, async () => [await checkRegion(region, context, signal)]),
    })),
};

function prefixOf({ configuration }: CheckContext): string {
  return resourceNamePrefix(configuration.settings.stack_name);
}

function subjectOf(region: string, context: CheckContext): string {
  return `${prefixOf(context)}-deletions (${region})`;
}

async function checkRegion(region: string, context: CheckContext, signal: AbortSignal): Promise<Diagnosis> {
  const subject = subjectOf(region, context);
  const name = `${prefixOf(context)}-deletions`;
  const named = await readNamedTable(region, context, signal);
  const look = await describeTable(name, region, context, signal);
  if (named !== undefined && look === undefined) return context.deployments.missing(region, subject);
  return judgeDeletionTable({ subject, region, name, named, ...look });
}

/** The table in the target function's environment; undefined: none, or there is no function. */
async function readNamedTable(
  region: string,
  context: CheckContext,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const command = new GetFunctionCommand({ FunctionName: `${prefixOf(context)}-target` });
  try {
    const { Configuration } = await context.clients.lambda(region).send(command, { abortSignal });
    return Configuration?.Environment?.Variables?.['DELETIONS_TABLE'];
  } catch (thrown) {
    // The group of functions reports that it is gone.
    if (thrown instanceof ResourceNotFoundException) return undefined;
    throw thrown;
  }
}

interface TableLook {
  readonly table: TableDescription;
  readonly timeToLive: TimeToLiveDescription;
}

/** Undefined: there is no such table. */
async function describeTable(
  TableName: string,
  region: string,
  { clients }: CheckContext,
  abortSignal: AbortSignal,
): Promise<TableLook | undefined> {
  const {
    DescribeTableCommand,
    DescribeTimeToLiveCommand,
    ResourceNotFoundException: NoSuchTable,
  } = await import('@aws-sdk/client-dynamodb');
  const dynamoDb = await clients.dynamoDb(region);
  try {
    const { Table = {} } = await dynamoDb.send(new DescribeTableCommand({ TableName }), { abortSignal });
    const answer = await dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }), { abortSignal });
    return { table: Table, timeToLive: answer.TimeToLiveDescription ?? {} };
  } catch (thrown) {
    if (thrown instanceof NoSuchTable) return undefined;
    throw thrown;
  }
}

interface DeletionTable {
  /** Undefined: there is none. */
  readonly table?: TableDescription | undefined;
  readonly timeToLive?: TimeToLiveDescription | undefined;
  readonly subject: string;
  readonly region: string;
  /** The name of the table. */
  readonly name: string;
  /** The table in the function's environment. */
  readonly named: string | undefined;
}

/**
 * | the table                          | finding |
 * |------------------------------------|---------|
 * | is missing, or not the function's  | failure: the region was deployed before a rule replicated deletions to it |
 * | is encrypted with a key that cannot be used | failure |
 * | is neither ACTIVE nor UPDATING     | failure |
 * | keeps its items forever           | warning |
 * | else                               | ok      |
 */
export function judgeDeletionTable({ subject, region, name, named, table, timeToLive }: DeletionTable): Diagnosis {
  if (table === undefined || named !== name) {
    const says =
      'The target function has no table of deletions, and restores no archives of rules that replicate deletions.';
    return failure(subject, says, `s3xrc deploy --region ${region}`);
  }
  const locked = table.SSEDescription?.InaccessibleEncryptionDateTime;
  if (locked !== undefined) {
    const says = `DynamoDB has been unable to use its KMS key since ${locked.toISOString()}: archives wait.`;
    return failure(subject, says, `s3xrc doctor --only keys --region ${region}`);
  }
  if (table.TableStatus !== 'ACTIVE' && table.TableStatus !== 'UPDATING') {
    const says = `Its state is ${table.TableStatus ?? 'unknown'}: archives wait.`;
    return failure(subject, says, `aws dynamodb describe-table --region ${region} --table-name ${name}`);
  }
  if (!expires(timeToLive)) {
    const fix = `aws dynamodb update-time-to-live --region ${region} --table-name ${name} --time-to-live-specification Enabled=true,AttributeName=${EXPIRY}`;
    return warning(subject, 'Its items never expire: its storage grows without limit.', fix);
  }
  return ok(subject, 'It exists, the target function uses it, and its items expire.');
}

function expires(timeToLive: TimeToLiveDescription | undefined): boolean {
  const isOn = timeToLive?.TimeToLiveStatus === 'ENABLED' || timeToLive?.TimeToLiveStatus === 'ENABLING';
  return isOn && timeToLive.AttributeName === EXPIRY;
}
