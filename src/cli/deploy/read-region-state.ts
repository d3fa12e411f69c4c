import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetAccountSettingsCommand, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { StackNotReadyError, UnreadableAccountError } from '../command/errors.ts';
import { type DeployedStack, listResources, readStack } from './read-stack.ts';

/** The state of a region before it is deployed. */
export interface RegionState {
  /** Absent: nothing is deployed. */
  readonly stack?: DeployedStack;
  /** Logical ids of the nested stacks. */
  readonly nested: readonly string[];
  /** Concurrent executions that Lambda allows for all functions together; absent without the permission to read it. */
  readonly concurrency?: number;
}

/** CloudFormation deploys nothing over a stack in these states. */
const UNUSABLE = /_IN_PROGRESS$|^ROLLBACK_|^CREATE_FAILED$|^DELETE_FAILED$|^UPDATE_ROLLBACK_FAILED$/;

/**
 * Reads the state of a region. Changes nothing.
 * @throws UnreadableAccountError when the region does not respond, StackNotReadyError
 */
export async function readRegionState(stackName: string, region: string): Promise<RegionState> {
  const cloudFormation = new CloudFormationClient({ region });
  try {
    const stack = await readStack(cloudFormation, stackName);
    if (stack !== undefined && !isUsableState(stack.status)) throw notReadyError(stackName, region, stack.status);
    const resources = stack === undefined ? [] : await listResources(cloudFormation, stackName);
    const nested = resources.filter(({ ResourceType }) => ResourceType === 'AWS::CloudFormation::Stack');
    const concurrency = await readConcurrency(region);
    return {
      ...(stack === undefined ? {} : { stack }),
      nested: nested.map(({ LogicalResourceId = '' }) => LogicalResourceId),
      ...(concurrency === undefined ? {} : { concurrency }),
    };
  } catch (cause) {
    if (cause instanceof StackNotReadyError) throw cause;
    throw new UnreadableAccountError(
      `Cannot tell whether ${stackName} is deployed in ${region}: ${textOf(cause)}. This requires cloudformation:DescribeStacks and ` +
        'ListStackResources; an opt-in region must first be enabled for the account.',
      { context: { region }, cause },
    );
  } finally {
    cloudFormation.destroy();
  }
}

/** The image that a function runs; undefined if that cannot be read. */
export async function readImage(functionName: string, region: string): Promise<string | undefined> {
  return withLambda(region, async (lambda) => {
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: functionName }));
    return Code?.ImageUri;
  });
}

async function readConcurrency(region: string): Promise<number | undefined> {
  return withLambda(region, async (lambda) => {
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
    return AccountLimit?.ConcurrentExecutions;
  });
}

/** Lambda's response is useful, but its absence must not stop the deployment. */
async function withLambda<T>(region: string, read: (lambda: LambdaClient) => Promise<T>): Promise<T | undefined> {
  const lambda = new LambdaClient({ region });
  try {
    return await read(lambda);
  } catch {
    return undefined;
  } finally {
    lambda.destroy();
  }
}

function notReadyError(stack: string, region: string, status: string): StackNotReadyError {
  const { message, command } = adviseOnStack(stack, region, status);
  const advice = command === undefined ? `${message}.` : `${message} (${command}).`;
  return new StackNotReadyError(`Stack ${stack} in ${region} is ${status}. ${advice} Nothing was changed.`, {
    context: { stack, region, status },
  });
}

/** Whether CloudFormation deploys over a stack in this state. */
export function isUsableState(status: string): boolean {
  return !UNUSABLE.test(status);
}

/** What to do about a stack that CloudFormation cannot update, without a period. */
export function adviseOnStack(
  stack: string,
  region: string,
  status: string,
): { readonly message: string; readonly command?: string } {
  const command = (name: string): string => `aws cloudformation ${name} --region ${region} --stack-name ${stack}`;
  if (status.endsWith('_IN_PROGRESS')) return { message: 'Wait until CloudFormation has finished' };
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    return { message: 'Continue the rollback', command: command('continue-update-rollback') };
  }
  return { message: 'It cannot be updated: delete it', command: command('delete-stack') };
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
