import {
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionRecursionConfigCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import pLimit from 'p-limit';
import { type DeployedPartName, deployedNames } from '../../command/deployed-names.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, notChecked, ok, warning } from '../diagnosis.ts';

const MAX_CONCURRENT_FUNCTIONS = 16;
const DIGEST = /@(sha256:[0-9a-f]+)$/;
const SHOWN_DIGEST = 19;

/** Checks that each function works, receives messages, and has the same version as all others. */
export const FUNCTION_CHECKS: CheckGroup = {
  name: 'functions',
  title: 'Functions',
  checksOf: (context) => [
    ...context.plans.flatMap((plan) => {
      const { functions, queues } = deployedNames(context.configuration, plan);
      const fed = functions.filter(({ name }) => queues.some((queue) => queue.name === name));
      return [
        ...functions.map((part) => stateCheck(part, plan.region, context)),
        ...fed.map((part) => recursionCheck(part, plan.region, context)),
      ];
    }),
    { subject: 'versions', takes: 'lambda:GetFunction', run: (signal) => compareVersions(context, signal) },
  ],
};

function stateCheck(part: DeployedPartName, region: string, context: CheckContext): Check {
  const subject = `${part.name} (${region})`;
  const lambda = context.clients.lambda(region);
  const look = async (signal: AbortSignal): Promise<readonly Diagnosis[]> => {
    try {
      const problems = [
        ...(await findStop(part.name, lambda, region, signal)),
        ...(await findStoppedFeeds(part.name, lambda, region, signal)),
      ];
      return problems.length === 0 ? [ok(subject, 'Can run.')] : problems;
    } catch (thrown) {
      if (thrown instanceof ResourceNotFoundException) return [await context.deployments.missing(region, subject)];
      throw thrown;
    }
  };
  const takes = 'lambda:GetFunction, lambda:GetFunctionConcurrency and lambda:ListEventSourceMappings';
  return { subject, takes, run: (signal) => context.deployments.whenPartDeployed(region, part, () => look(signal)) };
}

/** Otherwise Lambda would drop messages that we requeue on purpose as a recursive loop. */
function recursionCheck(part: DeployedPartName, region: string, context: CheckContext): Check {
  const { name: FunctionName } = part;
  const subject = `${FunctionName} (${region})`;
  const look = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    try {
      const command = new GetFunctionRecursionConfigCommand({ FunctionName });
      const { RecursiveLoop } = await context.clients.lambda(region).send(command, { abortSignal });
      if (RecursiveLoop !== 'Terminate') return [];
      const says =
        'Lambda would mistake requeued messages for a loop and drop them (docs/operations.md#recursion-detection).';
      const fix = `aws lambda put-function-recursion-config --region ${region} --function-name ${FunctionName} --recursive-loop Allow`;
      return [failure(subject, says, fix)];
    } catch (thrown) {
      // The check of its state reports that it is gone.
      if (thrown instanceof ResourceNotFoundException) return [];
      throw thrown;
    }
  };
  const takes = 'lambda:GetFunctionRecursionConfig';
  return { subject, takes, run: (signal) => context.deployments.whenPartDeployed(region, part, () => look(signal)) };
}

/** A function that cannot be invoked at all. */
async function findStop(
  FunctionName: string,
  lambda: LambdaClient,
  region: string,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  const subject = `${FunctionName} (${region})`;
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }), { abortSignal });
  const { State = 'Active', StateReason = '', LastUpdateStatus, LastUpdateStatusReason = '' } = Configuration ?? {};
  const redeploy = `s3xrc deploy --region ${region}`;
  if (State === 'Failed') return [failure(subject, `Cannot run: ${StateReason}`, redeploy)];
  if (LastUpdateStatus === 'Failed')
    return [failure(subject, `Its last update failed: ${LastUpdateStatusReason}`, redeploy)];
  const concurrency = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }), { abortSignal });
  if (concurrency.ReservedConcurrentExecutions !== 0) return [];
  const fix = `aws lambda delete-function-concurrency --region ${region} --function-name ${FunctionName}`;
  return [failure(subject, 'Is disabled: its reserved concurrency is 0.', fix)];
}

/** A queue that does not reach its function. */
async function findStoppedFeeds(
  FunctionName: string,
  lambda: LambdaClient,
  region: string,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  const findings: Diagnosis[] = [];
  for await (const page of paginateListEventSourceMappings({ client: lambda }, { FunctionName }, { abortSignal })) {
    for (const { UUID = '', State = '', EventSourceArn = '' } of page.EventSourceMappings ?? []) {
      if (!State.startsWith('Disabl')) continue;
      const queue = EventSourceArn.slice(EventSourceArn.lastIndexOf(':') + 1);
      const fix = `aws lambda update-event-source-mapping --region ${region} --uuid ${UUID} --enabled`;
      findings.push(
        failure(
          `${FunctionName} (${region})`,
          `Receives nothing from ${queue}: its event source mapping is disabled.`,
          fix,
        ),
      );
    }
  }
  return findings;
}

/** All functions of all regions run the same image: a different one means that a deployment left a region behind. */
async function compareVersions(context: CheckContext, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const named = await pLimit(MAX_CONCURRENT_FUNCTIONS).map(
    await deployedFunctions(context),
    async ({ name, region }) => {
      const digest = await readDigest(name, context.clients.lambda(region), abortSignal);
      return { name: `${name} (${region})`, digest };
    },
  );
  const found = Map.groupBy(
    named.flatMap(({ name, digest }) => (digest === undefined ? [] : [{ name, digest }])),
    ({ digest }) => digest,
  );
  const [most, ...others] = [...found]
    .map(([digest, entries]) => [digest, entries.map(({ name }) => name)] as const)
    .toSorted(([, left], [, right]) => right.length - left.length);
  if (most === undefined) {
    const states = await Promise.all(context.plans.map(({ region }) => context.deployments.of(region)));
    return states.every(({ state }) => state === 'absent')
      ? []
      : [notChecked('versions', 'Lambda did not return an image.')];
  }
  const [digest, names] = most;
  if (others.length === 0)
    return [ok('versions', `All ${names.length} functions run ${digest.slice(0, SHOWN_DIGEST)}.`)];
  return others.map(([other, owners]) =>
    warning(
      'versions',
      `${owners.join(', ')} ${owners.length === 1 ? 'runs' : 'run'} ${other.slice(0, SHOWN_DIGEST)}; the other ${names.length} run ${digest.slice(0, SHOWN_DIGEST)}.`,
      's3xrc deploy',
    ),
  );
}

/** The functions of the deployed regions and parts. */
async function deployedFunctions({
  plans,
  configuration,
  deployments,
}: CheckContext): Promise<{ name: string; region: string }[]> {
  const functions = plans.map(async (plan) => {
    const { region } = plan;
    if ((await deployments.of(region)).state === 'absent') return [];
    const doesSend = await deployments.sends(region);
    const parts = deployedNames(configuration, plan).functions.filter(({ isSending }) => doesSend || !isSending);
    return parts.map(({ name }) => ({ name, region }));
  });
  return (await Promise.all(functions)).flat();
}

async function readDigest(
  FunctionName: string,
  lambda: LambdaClient,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName }), { abortSignal });
    return DIGEST.exec(Code?.ResolvedImageUri ?? Code?.ImageUri ?? '')?.[1];
  } catch (thrown) {
    if (thrown instanceof ResourceNotFoundException) return undefined;
    throw thrown;
  }
}
