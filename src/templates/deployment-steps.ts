import { archiveRegions, type RegionPlan } from './plan-regions.ts';

/** `targets`: only the receiving side; `all`: the whole region. The parameter `Stage` of template.yaml. */
export type DeployedPart = 'targets' | 'all';

export interface DeploymentStep {
  readonly region: string;
  readonly stage: DeployedPart;
}

/** What is deployed in a region, according to its stack's outputs. */
export interface DeployedRegion {
  /** The stage that its stack has. */
  readonly stage: DeployedPart;
  /** Whether it has an inbound bucket. */
  readonly isReceiving: boolean;
}

export interface DeploymentOrder {
  readonly steps: readonly DeploymentStep[];
  /**
   * Regions that cannot be deployed: they send to each other, and none of them receives yet. Their stacks are complete,
   * and the stage `targets` would remove their sending sides together with the messages that wait in the queues.
   */
  readonly blocked: readonly RegionPlan[];
}

/**
 * The order of deployment: a region comes after those it sends to, because replication rules can only name existing
 * buckets. Regions that send to each other cannot all come second:
 *
 * | of those that send to each other       | then                                                               |
 * |----------------------------------------|--------------------------------------------------------------------|
 * | some have no stack, or only targets    | these get their targets, and all of them the rest in a second round |
 * | some send only to existing targets     | these go first                                                      |
 * | all have whole stacks without targets  | they are blocked                                                    |
 *
 * A region that only sends to such regions is not part of the ring: it comes after their targets, in one step.
 *
 * @param deployed what is already deployed; default: nothing
 */
export function orderDeployment(
  plans: readonly RegionPlan[],
  deployed: ReadonlyMap<string, DeployedRegion> = new Map(),
): DeploymentOrder {
  const steps: DeploymentStep[] = [];
  /** These get their targets in a separate step. */
  const begun = new Set<string>();
  const receiving = new Set([...deployed].flatMap(([region, { isReceiving }]) => (isReceiving ? [region] : [])));
  let waiting = [...plans];
  while (waiting.length > 0) {
    const regions = new Set(waiting.map(({ region }) => region));
    const after = (isMissing: (region: string) => boolean) =>
      waiting.filter((plan) => !sendsTo(plan).some((region) => regions.has(region) && isMissing(region)));
    const last = after(() => true);
    if (last.length === 0) {
      const first = waiting.filter(
        (plan) => isInRing(plan, waiting) && deployed.get(plan.region)?.stage !== 'all' && !begun.has(plan.region),
      );
      steps.push(...first.map(({ region }) => ({ region, stage: 'targets' as const })));
      for (const { region } of first) begun.add(region);
    }
    const ready = last.length > 0 ? last : after((region) => !begun.has(region) && !receiving.has(region));
    if (ready.length === 0) return { steps, blocked: waiting };
    steps.push(...ready.map(({ region }) => ({ region, stage: 'all' as const })));
    waiting = waiting.filter((plan) => !ready.includes(plan));
  }
  return { steps, blocked: [] };
}

/** The order if nothing is deployed yet: then nothing can block it. */
export function deploymentSteps(plans: readonly RegionPlan[]): readonly DeploymentStep[] {
  return orderDeployment(plans).steps;
}

/** Sources before targets: senders are removed first, so that nothing is on its way to a region that is gone. */
export function removalOrder(plans: readonly RegionPlan[]): string[] {
  const order = deploymentSteps(plans).filter(({ stage }) => stage === 'all');
  return order.map(({ region }) => region).toReversed();
}

/** Whether archives sent from here come back, directly or through other waiting regions. */
function isInRing(plan: RegionPlan, waiting: readonly RegionPlan[]): boolean {
  const reached = new Set<string>();
  const next = sendsTo(plan);
  for (let region = next.pop(); region !== undefined; region = next.pop()) {
    if (reached.has(region)) continue;
    reached.add(region);
    next.push(...waiting.filter((other) => other.region === region).flatMap(sendsTo));
  }
  return reached.has(plan.region);
}

/** Other regions that receive archives from here. */
function sendsTo({ region, outgoing }: RegionPlan): string[] {
  return outgoing.flatMap(archiveRegions).filter((destination) => destination !== region);
}
