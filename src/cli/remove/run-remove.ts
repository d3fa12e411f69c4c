import { Command } from 'commander';
import { loadConfiguration } from '../../configuration/load.ts';
import { removalOrder } from '../../templates/deployment-steps.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import { CONFIGURATION } from '../command/deployment-files.ts';
import { StackRemovalError } from '../command/errors.ts';
import { parseCommand } from '../command/parse-command.ts';
import { regionFilter } from '../deploy/choose-regions.ts';
import { readIdentity } from '../deploy/read-identity.ts';
import { registryStack } from '../deploy/registry-stack.ts';
import { refuseWaitingMessages } from '../deploy/waiting-messages.ts';
import { confirmRemoval } from './confirm-removal.ts';
import { deleteStack } from './delete-stack.ts';

interface RemoveOptions {
  readonly force?: boolean;
  readonly region?: readonly string[];
  readonly yes?: boolean;
}

/**
 * `npm run remove`: deletes the stacks of every region, those that send first. Buckets of the users are not ours to delete;
 * they only lose our notification. Asks for the name of the stack before.
 * @throws InvalidConfigurationError, DeployInputError, UnreadableAccountError, StackRemovalError that says what is done and what to do,
 *   MessagesWaitingError, UnreadableQueuesError
 */
export async function runRemove(args: readonly string[], print: (text: string) => void): Promise<void> {
  const command = new Command('s3xrc remove')
    .description('Deletes the stacks of all regions, those that send first.')
    .option('--region <region...>', 'remove only these')
    .option('--yes', 'really do it, after asking for the name of the stack; without, only say what would be done')
    .option('--force', 'do it although messages wait in the queues, which are lost');
  const options = parseCommand(command, args, print)?.opts<RemoveOptions>();
  if (options === undefined) return;
  const configuration = await loadConfiguration(CONFIGURATION);
  const order = removalOrder(planRegions(configuration));
  const regions = order.filter(regionFilter(options.region, order));
  const { stack_name: stack } = configuration.settings;
  if (options.yes !== true) {
    print(`Would delete the stacks ${stack} and ${registryStack(stack)} in ${regions.join(', then ')}.\n`);
    print(
      '`npm run remove -- --yes` does it, unless messages wait in their queues: see "Remove" in docs/deployment.md.\n',
    );
    return;
  }
  const { account, arn } = await readIdentity(regions[0] ?? '');
  print(`Account ${account}, as ${arn}\nDeletes ${stack} and ${registryStack(stack)} in ${regions.join(', then ')}.\n`);
  await confirmRemoval(stack, process.stdin, print);
  for (const [index, region] of regions.entries()) {
    print(`\n[${index + 1}/${regions.length}] ${region}\n`);
    if (options.force !== true) await refuseWaitingMessages(stack, region, () => true, 'Removing the stack');
    try {
      await deleteStack(stack, region, print);
      await deleteStack(registryStack(stack), region, print);
    } catch (error) {
      throw error instanceof StackRemovalError ? stoppedError(error, regions, index) : error;
    }
  }
  print(`\nRemoved from ${regions.join(', ')}. Your own buckets are as they were, without our notifications.\n`);
}

function stoppedError(cause: StackRemovalError, regions: readonly string[], failed: number): StackRemovalError {
  const region = regions[failed] ?? '';
  const lines = [
    `Stopped at ${region}: ${cause.message}`,
    `  Done: ${regions.slice(0, failed).join(', ') || 'none'}`,
    `  Not begun: ${regions.slice(failed + 1).join(', ') || 'none'}`,
    'Most often a bucket of ours is not empty: it holds archives that have not arrived. "Remove" in docs/deployment.md says how to continue;',
    'then run `npm run remove -- --yes` again.',
  ];
  return new StackRemovalError(lines.join('\n'), { context: { ...cause.context, region }, cause });
}
