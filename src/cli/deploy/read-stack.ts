import {
  type CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';

/** A stack as CloudFormation describes it. */
export interface DeployedStack {
  readonly status: string;
  /** By name. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** Undefined if there is no such stack, or only the change set of one that was never created. */
export async function readStack(client: CloudFormationClient, StackName: string): Promise<DeployedStack | undefined> {
  const answer = await unlessMissing(client.send(new DescribeStacksCommand({ StackName })));
  const stack = answer?.Stacks?.[0];
  const status = stack?.StackStatus ?? '';
  if (stack === undefined || status === 'REVIEW_IN_PROGRESS' || status === 'DELETE_COMPLETE') return undefined;
  const outputs = (stack.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  return { status, outputs: new Map(outputs) };
}

/** Those that exist; none when the stack does not. */
export async function listResources(
  client: CloudFormationClient,
  StackName: string,
): Promise<readonly StackResourceSummary[]> {
  const resources: StackResourceSummary[] = [];
  const read = async (): Promise<void> => {
    for await (const page of paginateListStackResources({ client }, { StackName })) {
      resources.push(...(page.StackResourceSummaries ?? []));
    }
  };
  await unlessMissing(read());
  return resources.filter(
    ({ PhysicalResourceId = '', ResourceStatus }) => PhysicalResourceId !== '' && ResourceStatus !== 'DELETE_COMPLETE',
  );
}

/** Undefined if CloudFormation reports that the stack does not exist, for which it has no error code. */
async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof CloudFormationServiceException && thrown.message.includes('does not exist')) return undefined;
    throw thrown;
  }
}
