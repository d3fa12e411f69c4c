import { archiveRegions, type RegionPlan } from './plan-regions.ts';

/** `targets`: what receives, only; `all`: the whole region. The parameter `Stage` of template.yaml. */
export type Stage = 'targets' | 'all';

export interface DeploymentStep {
  readonly region: string;
  readonly stage: Stage;
}

/**
 * The order of deploying: a region comes after those it sends to, because replication rules can only name buckets that
 * exist. Regions that send to each other cannot all be second: these get what receives first, and the rest in a second round.
 */
export function deploymentSteps(plans: readonly RegionPlan[]): DeploymentStep[] {
  const steps: DeploymentStep[] = [];
  let waiting = [...plans];
  while (waiting.length > 0) {
    const regions = new Set(waiting.map(({ region }) => region));
    const ready = waiting.filter((plan) => !sendsTo(plan).some((region) => regions.has(region)));
    if (ready.length === 0) {
      const round = (stage: Stage) => waiting.map(({ region }) => ({ region, stage }));
      return [...steps, ...round('targets'), ...round('all')];
    }
    steps.push(...ready.map(({ region }) => ({ region, stage: 'all' as const })));
    waiting = waiting.filter((plan) => !ready.includes(plan));
  }
  return steps;
}

/** Sources before targets: what sends goes first, so that nothing is on its way to a region that is gone. */
export function removalOrder(plans: readonly RegionPlan[]): string[] {
  const order = deploymentSteps(plans).filter(({ stage }) => stage === 'all');
  return order.map(({ region }) => region).toReversed();
}

/** Other regions that get archives from here. */
function sendsTo({ region, outgoing }: RegionPlan): string[] {
  return outgoing.flatMap(archiveRegions).filter((destination) => destination !== region);
}
