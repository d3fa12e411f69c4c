import {
  type DeployedPart,
  type DeployedRegion,
  type DeploymentStep,
  deploymentSteps,
  orderDeployment,
} from '../../templates/deployment-steps.ts';
import { archiveRegions, type RegionPlan } from '../../templates/plan-regions.ts';
import { regionNames } from '../../templates/region-names.ts';
import { DeployBlockedError } from '../command/errors.ts';

/**
 * The steps of a deployment. If regions send to each other, the steps depend on what is already deployed, which the
 * stacks' outputs show.
 * @param asked whether a region is to be deployed
 * @param outputs of a region's stack by name; undefined when it has none
 * @throws DeployBlockedError; errors of reading the outputs
 */
export async function planSteps(
  plans: readonly RegionPlan[],
  asked: (region: string) => boolean,
  outputs: (region: string) => Promise<ReadonlyMap<string, string> | undefined>,
): Promise<readonly DeploymentStep[]> {
  const deployed = new Map<string, DeployedRegion>();
  for (const { region, stage } of deploymentSteps(plans)) {
    if (stage !== 'targets') continue;
    const found = readOutputs(region, await outputs(region));
    if (found !== undefined) deployed.set(region, found);
  }
  const { steps, blocked } = orderDeployment(plans, deployed);
  if (blocked.some(({ region }) => asked(region))) throw blockedError(blocked);
  return steps.filter(({ region }) => asked(region));
}

/** Undefined if there is no stack, or only the remains of a failed first deployment. */
function readOutputs(region: string, outputs: ReadonlyMap<string, string> | undefined): DeployedRegion | undefined {
  const stage = outputs?.get('Stage');
  if (outputs === undefined || !isStage(stage)) return undefined;
  return { stage, isReceiving: outputs.has(regionNames(region).inboundBucket) };
}

function isStage(stage: string | undefined): stage is DeployedPart {
  return stage === 'targets' || stage === 'all';
}

function blockedError(blocked: readonly RegionPlan[]): DeployBlockedError {
  const regions = blocked.map(({ region }) => region);
  const routes = blocked.flatMap(({ region: from, outgoing }) =>
    outgoing.flatMap((rule) =>
      archiveRegions(rule)
        .filter((region) => region !== from && regions.includes(region))
        .map((region) => `     ${rule.id}: destination in ${region}`),
    ),
  );
  const lines = [
    `${regions.join(', ')} cannot be deployed: each needs a bucket in another one, and so far none of them receives. Nothing was changed.`,
    'Deploy in two steps:',
    '  1. Keep the role "target" in settings.json, and remove these destinations from replication_config.json (and rules that have no others):',
    ...routes,
    '     Then run `npm run configure` and `npm run deploy`, which creates the buckets.',
    '  2. Put them back, and run `npm run configure` and `npm run deploy` again.',
    'Do not deploy with Stage=targets: that would delete the sending side, with the messages in its queues.',
  ];
  return new DeployBlockedError(lines.join('\n'), { context: { regions: regions.join(', ') } });
}
