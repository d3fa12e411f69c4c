import type { DeploymentStep } from '../../templates/deployment-steps.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { Identity } from './read-identity.ts';
import type { RegionState } from './read-region-state.ts';

/** One step of a deployment, with the known facts about its region. */
export interface PlannedStep extends DeploymentStep {
  readonly plan: RegionPlan;
  /** Logical ids of the nested stacks that it will have. */
  readonly nested: readonly string[];
  readonly state: RegionState;
}

/** Describes the account and what will happen to each region, in order. Ends with a newline. */
export function describeDeployment(stack: string, { account, arn }: Identity, steps: readonly PlannedStep[]): string {
  return [
    `Account ${account}, as ${arn}`,
    `Stack   ${stack}`,
    '',
    ...steps.flatMap((step, index) => describeStep(step, index + 1)),
    '',
  ].join('\n');
}

/** `us-east-1`, and whether it is only its first round. */
export function nameStep({ region, stage }: DeploymentStep): string {
  return stage === 'all' ? region : `${region} (targets only)`;
}

function describeStep(step: PlannedStep, number: number): string[] {
  const { plan, state, nested } = step;
  const roles = plan.settings.source_target.map((role) => (role === 'source' ? 'sends' : 'receives'));
  const created = nested.filter((name) => !state.nested.includes(name));
  const removed = state.nested.filter((name) => !nested.includes(name));
  const changed = nested.length - created.length;
  const standing = state.stack === undefined ? 'nothing deployed yet' : `deployed, ${state.stack.status}`;
  return [
    `${number}. ${nameStep(step)}: ${roles.join(' and ')}; ${standing}`,
    ...(created.length === 0 ? [] : [`   creates  ${created.join(', ')}`]),
    ...(changed === 0 ? [] : [`   changes  ${changed} nested stacks, if they differ`]),
    ...(removed.length === 0 ? [] : [`   removes  ${removed.join(', ')}`]),
    `   Lambda   ${describeConcurrency(plan, state.concurrency)}`,
  ];
}

/** Concurrent executions of a region's functions if all are at their maximum. */
export function neededConcurrency({ outgoing, incoming, settings }: RegionPlan): number {
  const arriving = incoming.length === 0 ? 0 : settings.scaling_limit;
  return outgoing.reduce((sum, { sizing }) => sum + sizing.maximumConcurrency, arriving);
}

/** Additional ones while every rule is running a backfill. */
function backfillingConcurrency({ outgoing }: RegionPlan): number {
  return outgoing.reduce((sum, { sizing }) => sum + sizing.maximumConcurrency, 0);
}

function describeConcurrency(plan: RegionPlan, quota: number | undefined): string {
  const needed = neededConcurrency(plan);
  const backfilling = backfillingConcurrency(plan);
  const asked =
    backfilling === 0
      ? `the functions may use ${needed} concurrent executions`
      : `the functions may use ${needed} concurrent executions, ${backfilling} more while backfills run`;
  if (quota === undefined) return `${asked}; the quota cannot be read (lambda:GetAccountSettings)`;
  const advice = needed > quota ? ': they will be throttled; request a higher quota or lower scaling_limit' : '';
  return `${asked}; the account allows ${quota}${advice}`;
}
