import { relative } from 'node:path';
import { Command } from 'commander';
import { type Configuration, loadConfiguration } from '../../configuration/load.ts';
import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import type { DeploymentStep } from '../../templates/deployment-steps.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import { nestedStacks } from '../../templates/write-template.ts';
import {
  CONFIGURATION,
  makeDeploymentFiles,
  namesOwnRepositories,
  PROJECT,
  saveRepository,
} from '../command/deployment-files.ts';
import { SamFailedError } from '../command/errors.ts';
import { parseCommand } from '../command/parse-command.ts';
import { staleError } from '../configure/run-configure.ts';
import { regionFilter } from './choose-regions.ts';
import { planSteps } from './plan-steps.ts';
import { registryStack } from './registry-stack.ts';
import { Sam } from './sam.ts';
import { refuseWaitingMessages } from './waiting-messages.ts';

interface DeployOptions {
  readonly force?: boolean;
  readonly region?: readonly string[];
}

/**
 * `npm run deploy`: every region in its order, targets before sources; stops at the first failure.
 * @throws ConfigurationInvalidError, TemplateStaleError, DeployInputError, DeployBlockedError, SamMissingError, SamFailedError
 *   that says what is done and what to do next, MessagesWaitingError and QueuesUnreadableError before anything is changed
 */
export async function runDeploy(args: readonly string[], print: (text: string) => void): Promise<void> {
  const command = new Command('npm run deploy --')
    .description('Builds the image and deploys all regions, those that receive first.')
    .option('--region <region...>', 'deploy only these')
    .option('--force', 'take rules away although messages wait in their queues, which are lost');
  const options = parseCommand(command, args, print)?.opts<DeployOptions>();
  if (options === undefined) return;
  const configuration = await loadConfiguration(CONFIGURATION);
  const stale = (await makeDeploymentFiles(configuration, PROJECT)).filter(({ upToDate }) => !upToDate);
  if (stale.length > 0) throw staleError(stale.map(({ path }) => relative(PROJECT, path)));

  const plans = planRegions(configuration);
  const asked = regionFilter(
    options.region,
    plans.map(({ region }) => region),
  );
  const sam = new Sam(PROJECT);
  const steps = await planSteps(plans, asked, (region) => sam.outputs(configuration.settings.stack_name, region));
  print('Building the image ...\n');
  await sam.run(['build']);
  if (options.force !== true) await refuseLostMessages(configuration, steps);
  for (const [index, step] of steps.entries()) {
    print(`\n[${index + 1}/${steps.length}] ${nameStep(step)}\n`);
    try {
      await deployStep(sam, step, configuration);
    } catch (error) {
      throw error instanceof SamFailedError ? stoppedError(error, steps, index) : error;
    }
  }
  print(`\nDeployed: ${steps.map(nameStep).join(', ')}.\n`);
}

/** Before the first region is changed: targets that have lost a rule do not know its archives any more. */
async function refuseLostMessages(configuration: Configuration, steps: readonly DeploymentStep[]): Promise<void> {
  for (const region of new Set(steps.map((step) => step.region))) {
    const planned = nestedStacks(configuration, region);
    const goes = (logicalId: string): boolean => !planned.includes(logicalId);
    await refuseWaitingMessages(configuration.settings.stack_name, region, goes, 'This configuration');
  }
}

async function deployStep(sam: Sam, { region, stage }: DeploymentStep, configuration: Configuration): Promise<void> {
  const options = ['--config-env', region, '--parameter-overrides', `Stage=${stage}`];
  if (!(await namesOwnRepositories(PROJECT, region))) {
    const uri = await deployRegistry(sam, region, configuration.settings.stack_name);
    await saveRepository(configuration, PROJECT, { region, uri });
  }
  await sam.run(['deploy', ...options]);
}

/** Makes the image repository of a region, or leaves it as it is. Answers its URI. */
async function deployRegistry(sam: Sam, region: string, stackName: string): Promise<string> {
  const stack = registryStack(stackName);
  const parameters = `RepositoryName=${resourceNamePrefix(stackName)}`;
  const template = ['--template-file', 'src/stacks/registry.yaml', '--stack-name', stack];
  await sam.run(['deploy', '--config-env', region, ...template, '--parameter-overrides', parameters]);
  const uri = (await sam.outputs(stack, region))?.get('RepositoryUri');
  if (uri !== undefined) return uri;
  throw new SamFailedError(
    `Stack ${stack} in ${region} has no output RepositoryUri: somebody else made a stack of this name.`,
    {
      context: { stack, region },
    },
  );
}

function stoppedError(cause: SamFailedError, steps: readonly DeploymentStep[], failed: number): SamFailedError {
  const names = (part: readonly DeploymentStep[]) => (part.length === 0 ? 'none' : part.map(nameStep).join(', '));
  const step = steps[failed];
  const region = step?.region ?? '';
  const lines = [
    `Stopped at ${step === undefined ? '' : nameStep(step)}: ${cause.message}`,
    `  Done: ${names(steps.slice(0, failed))}`,
    `  Not begun: ${names(steps.slice(failed + 1))}`,
    `CloudFormation has taken back what it had begun in ${region}; its reasons stand above (CREATE_FAILED or UPDATE_FAILED).`,
    'Correct the cause, then run `npm run deploy` again: what is done stays as it is. docs/deployment.md lists frequent causes.',
  ];
  return new SamFailedError(lines.join('\n'), { context: { ...cause.context, region }, cause });
}

function nameStep({ region, stage }: DeploymentStep): string {
  return stage === 'all' ? region : `${region} (targets only)`;
}
