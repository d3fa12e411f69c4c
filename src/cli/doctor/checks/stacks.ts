import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import pLimit from 'p-limit';
import { nestedStacks } from '../../../templates/write-template.ts';
import { formatPlural } from '../../command/numbers.ts';
import { adviseOnStack, isUsableState } from '../../deploy/read-region-state.ts';
import { listResources } from '../../deploy/read-stack.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { describeUnchecked } from '../describe-unchecked.ts';
import { type Diagnosis, failure, notChecked, ok, warning } from '../diagnosis.ts';

/** CloudFormation allows few calls per second, and a region has a nested stack per rule. */
const MAX_CONCURRENT_STACKS = 4;
const TAKES = 'cloudformation:DescribeStacks and cloudformation:ListStackResources';

/** Checks that the stacks are complete, match this configuration, and were not changed by hand. */
export const STACK_CHECKS: CheckGroup = {
  name: 'stacks',
  title: 'Stacks',
  checksOf: (context) =>
    context.plans.map(({ region }) => ({
      subject: subjectOf(region, context),
      takes: TAKES,
      run: (signal) => checkRegion(region, context, signal),
    })),
};

function subjectOf(region: string, { configuration }: CheckContext): string {
  return `${configuration.settings.stack_name} (${region})`;
}

async function checkRegion(region: string, context: CheckContext, signal: AbortSignal): Promise<Diagnosis[]> {
  const subject = subjectOf(region, context);
  const deployment = await context.deployments.of(region);
  if (deployment.state === 'unknown') return [notChecked(subject, describeUnchecked(deployment.reason, TAKES))];
  if (deployment.state === 'absent') {
    return [warning(subject, 'Nothing is deployed yet.', `s3xrc deploy --region ${region}`)];
  }
  const { stack_name: stack } = context.configuration.settings;
  const client = context.clients.cloudFormation(region);
  const nested = (await listResources(client, stack)).filter(
    ({ ResourceType }) => ResourceType === 'AWS::CloudFormation::Stack',
  );
  const ids = nested.map(({ PhysicalResourceId = '' }) => PhysicalResourceId);
  const stacks = await pLimit(MAX_CONCURRENT_STACKS).map([stack, ...ids], (id) => describeStack(client, id, signal));
  const deployed = nested.map(({ LogicalResourceId = '' }) => LogicalResourceId);
  return [
    ...stacks.flatMap((found) => judgeState(found, region)),
    ...judgeDrift(stacks, subject, region),
    ...compareWithConfiguration(deployed, subject, region, context),
  ];
}

async function describeStack(
  client: CloudFormationClient,
  StackName: string,
  abortSignal: AbortSignal,
): Promise<Stack> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }), { abortSignal });
  const [found] = Stacks;
  if (found === undefined) throw new Error(`CloudFormation no longer has ${StackName}`);
  return found;
}

function judgeState(stack: Stack, region: string): Diagnosis[] {
  const { StackName = '', RootId, StackStatusReason = '' } = stack;
  const status: string = stack.StackStatus ?? '';
  const subject = `${StackName} (${region})`;
  if (isUsableState(status)) return RootId === undefined ? [ok(subject, `${status}.`)] : [];
  const { message, command } = adviseOnStack(StackName, region, status);
  const reason = StackStatusReason === '' ? '' : ` (${StackStatusReason})`;
  const text = `${status}${reason}. ${message}.`;
  const fix = command ?? `aws cloudformation describe-stack-events --region ${region} --stack-name ${StackName}`;
  return [status.endsWith('_IN_PROGRESS') ? warning(subject, text, fix) : failure(subject, text, fix)];
}

/** Drift detection takes minutes and must be requested: this reads the result of the last one. */
function judgeDrift(stacks: readonly Stack[], subject: string, region: string): Diagnosis[] {
  const status = (stack: Stack): string => stack.DriftInformation?.StackDriftStatus ?? 'NOT_CHECKED';
  const drifted = stacks.filter((stack) => status(stack) === 'DRIFTED');
  if (drifted.length > 0) {
    return drifted.map(({ StackName = '' }) =>
      warning(
        `${StackName} (${region})`,
        'It has been changed by hand since it was deployed: the next deployment may undo the change, or fail because of it.',
        `aws cloudformation describe-stack-resource-drifts --region ${region} --stack-name ${StackName} --stack-resource-drift-status-filters MODIFIED DELETED`,
      ),
    );
  }
  const unknown = stacks.filter((stack) => status(stack) !== 'IN_SYNC');
  if (unknown.length === 0) return [ok(subject, 'No stack has drifted.')];
  const [first] = unknown;
  const says = `Drift detection has never run in ${unknown.length} of ${stacks.length} stacks.`;
  const fix = `aws cloudformation detect-stack-drift --region ${region} --stack-name ${first?.StackName ?? ''}`;
  return [notChecked(subject, says, fix)];
}

function compareWithConfiguration(
  deployed: readonly string[],
  subject: string,
  region: string,
  { configuration }: CheckContext,
): Diagnosis[] {
  const planned = nestedStacks(configuration, region);
  const missing = planned.filter((name) => !deployed.includes(name));
  const more = deployed.filter((name) => !planned.includes(name));
  if (missing.length + more.length === 0)
    return [ok(subject, `Has ${formatPlural(planned.length, 'nested stack')}, as configured.`)];
  const parts = [
    ...(missing.length === 0 ? [] : [`configured, but not deployed: ${missing.join(', ')}`]),
    ...(more.length === 0 ? [] : [`deployed, but not configured: ${more.join(', ')}`]),
  ];
  return [
    warning(subject, `It does not match this configuration; ${parts.join('; ')}.`, `s3xrc deploy --region ${region}`),
  ];
}
