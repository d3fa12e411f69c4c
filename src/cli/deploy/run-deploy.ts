import { relative } from 'node:path';
import { Command } from 'commander';
import { loadConfiguration } from '../../configuration/load.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import type { DeploymentStep } from '../../templates/deployment-steps.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import { nestedStacks } from '../../templates/write-template.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { deploymentFolder, makeDeploymentFiles } from '../command/deployment-files.ts';
import { SamFailedError } from '../command/errors.ts';
import { withMeter } from '../command/meter.ts';
import { parseCommand } from '../command/parse-command.ts';
import { PROJECT } from '../command/project.ts';
import { delayAbort, raceAbort } from '../command/race-abort.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { useProfile } from '../command/use-profile.ts';
import { staleError } from '../configure/run-configure.ts';
import { regionFilter } from './choose-regions.ts';
import { RegionDeployer } from './deploy-region.ts';
import { describeBuild, readBuildMachine } from './describe-build.ts';
import { describeDeployment, nameStep, type PlannedStep } from './describe-deployment.ts';
import { discardChangeSets } from './discard-change-sets.ts';
import { planSteps } from './plan-steps.ts';
import { type Identity, readIdentity } from './read-identity.ts';
import { type RegionState, readImage, readRegionState } from './read-region-state.ts';
import { refuseExample } from './refuse-example.ts';
import { type ExamineAccount, refuseUnreadyAccount } from './refuse-unready-account.ts';
import { Sam } from './sam.ts';
import { refuseWaitingMessages } from './waiting-messages.ts';

/** Milliseconds that deleting change sets may take after Ctrl-C. */
const LAST_CALLS_MS = 10_000;

interface DeployFlags {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly region?: readonly string[];
  readonly profile?: string;
  readonly repair?: boolean;
  readonly configuration: string;
}

/**
 * `s3xrc deploy`: examines the account and prints what will be done, builds the image, and deploys the regions in
 * order, targets before sources; stops at the first failure.
 * @throws before anything is built or changed: InvalidConfigurationError, StaleTemplateError,
 *   ExampleConfigurationError, DeployInputError, UnreadableAccountError, StackNotReadyError, AccountNotReadyError,
 *   DeployBlockedError, MessagesWaitingError, UnreadableQueuesError; then MissingSamError, and SamFailedError, which
 *   says what is done and what to do next
 */
export async function runDeploy(
  args: readonly string[],
  context: CommandContext,
  examine: ExamineAccount,
): Promise<number> {
  const printed: Promise<void>[] = [];
  const command = new Command('s3xrc deploy')
    .description('Build the image and deploy all regions, receiving regions first.')
    .option('--dry-run', 'only show what would be done, with the change sets of deployed stacks')
    .option('--repair', 'check bucket notifications and replication rules, and restore what is missing')
    .option('--force', 'remove rules even if messages wait in their queues; those messages are lost')
    .addOption(sharedOptions.regions('only these regions'))
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration());
  const flags = parseCommand(command, args, (text) => printed.push(context.print(text)))?.opts<DeployFlags>();
  await Promise.all(printed);
  if (flags === undefined) return 0;
  useProfile(flags.profile);
  const { configuration: from } = flags;
  const configuration = await loadConfiguration(from);
  const files = await makeDeploymentFiles(configuration, deploymentFolder(from), from);
  const stale = files.filter(({ isUpToDate }) => !isUpToDate);
  if (stale.length > 0)
    throw staleError(
      stale.map(({ path }) => relative(deploymentFolder(from), path)),
      from,
    );
  refuseExample(configuration);

  const { print, signal } = context;
  const { steps, identity } = await lookAtAccount(configuration, flags.region, context);
  const plans = [...new Set(steps.map(({ plan }) => plan))];
  await refuseUnreadyAccount(examine, { configuration, plans, identity }, context);
  if (flags.force !== true) await raceAbort(refuseLostMessages(configuration, steps), signal);
  const repair = flags.repair === true ? new Date().toISOString() : undefined;
  const deployer = new RegionDeployer(new Sam(PROJECT, signal), configuration, from, repair);
  await deployer.refuseGuided(steps.map(({ region }) => region));
  if (flags.dryRun === true) {
    await preview(configuration, deployer, steps, context);
    return 0;
  }
  await print(describeBuild(await readBuildMachine()));
  await deployer.build(steps.map(({ region }) => region));
  for (const [index, step] of steps.entries()) {
    await print(`\n[${index + 1}/${steps.length}] ${nameStep(step)}\n`);
    try {
      await deployer.deploy(step);
    } catch (error) {
      if (!(error instanceof SamFailedError)) throw error;
      const stopped = stoppedError(error, steps, index);
      // A user who presses Ctrl-C also needs to know what is deployed.
      if (signal.aborted) context.note(stopped.message);
      throw stopped;
    }
  }
  await print(`\nDeployed: ${steps.map(nameStep).join(', ')}.\n`);
  return 0;
}

/** Reads what is deployed in the requested regions, and prints what will happen to it. */
async function lookAtAccount(
  configuration: Configuration,
  regions: readonly string[] | undefined,
  context: CommandContext,
): Promise<{ readonly steps: readonly PlannedStep[]; readonly identity: Identity }> {
  const { stack_name: stack } = configuration.settings;
  const plans = planRegions(configuration);
  const known = plans.map(({ region }) => region);
  const asked = regionFilter(regions, known);
  const { signal } = context;
  const identity = await raceAbort(readIdentity(known.find(asked) ?? known[0] ?? ''), signal);
  const states = new Map<string, Promise<RegionState>>();
  const lookAt = (region: string): Promise<RegionState> => {
    const state = states.get(region) ?? raceAbort(readRegionState(stack, region), signal);
    states.set(region, state);
    return state;
  };
  const steps = await withMeter(context, { what: 'Reading the account', unit: 'regions' }, async (meter) => {
    const found = await planSteps(plans, asked, async (region) => (await lookAt(region)).stack?.outputs);
    const total = new Set(found.map(({ region }) => region)).size;
    for (const { region } of found) {
      await lookAt(region);
      meter.reach(states.size, total);
    }
    return found;
  });
  const planned: PlannedStep[] = [];
  for (const step of steps) {
    const state = await lookAt(step.region);
    const earlier = planned.filter(({ region }) => region === step.region).flatMap(({ nested }) => nested);
    const nested = nestedStacks(configuration, step.region, step.stage);
    const plan = plans.find(({ region }) => region === step.region);
    if (plan !== undefined) {
      planned.push({ ...step, plan, nested, state: { ...state, nested: [...new Set([...state.nested, ...earlier])] } });
    }
  }
  await context.print(describeDeployment(stack, identity, planned));
  return { steps: planned, identity };
}

/** Before the first region is changed: a target whose rule was removed can no longer restore that rule's archives. */
async function refuseLostMessages(configuration: Configuration, steps: readonly DeploymentStep[]): Promise<void> {
  for (const region of new Set(steps.map((step) => step.region))) {
    const planned = nestedStacks(configuration, region);
    const goes = (logicalId: string): boolean => !planned.includes(logicalId);
    await refuseWaitingMessages(configuration.settings.stack_name, region, goes, 'This configuration');
  }
}

async function preview(
  { settings }: Configuration,
  deployer: RegionDeployer,
  steps: readonly PlannedStep[],
  { print, signal }: CommandContext,
): Promise<void> {
  for (const step of steps.filter(({ state }) => state.stack !== undefined)) {
    const name = `${resourceNamePrefix(settings.stack_name)}-deployment`;
    const image = await raceAbort(readImage(name, step.region), signal);
    await print(`\n${nameStep(step)}: change set\n`);
    if (image === undefined) {
      await print(`The image of ${name} cannot be read (lambda:GetFunction), so there is no change set.\n`);
      continue;
    }
    try {
      await deployer.preview(step, image);
    } finally {
      // Also after Ctrl-C: a change set that was only for display could be executed by mistake long afterwards.
      await raceAbort(discardChangeSets(settings.stack_name, step.region), delayAbort(signal, LAST_CALLS_MS));
    }
  }
  await print('\nDry run: nothing was built or changed. A new image would also change every function.\n');
}

function stoppedError(cause: SamFailedError, steps: readonly DeploymentStep[], failed: number): SamFailedError {
  const names = (part: readonly DeploymentStep[]) => (part.length === 0 ? 'none' : part.map(nameStep).join(', '));
  const step = steps[failed];
  const region = step?.region ?? '';
  const lines = [
    `Stopped at ${step === undefined ? '' : nameStep(step)}: ${cause.message}`,
    `  Done: ${names(steps.slice(0, failed))}`,
    `  Not started: ${names(steps.slice(failed + 1))}`,
    `CloudFormation rolled back its changes in ${region}; the reasons are above (CREATE_FAILED or UPDATE_FAILED).`,
    'Fix the cause, then run `npm run deploy` again; finished regions stay as they are. docs/deployment.md lists frequent causes.',
  ];
  return new SamFailedError(lines.join('\n'), { context: { ...cause.context, region }, cause });
}
