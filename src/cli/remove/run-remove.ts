import { Command } from 'commander';
import { loadConfiguration } from '../../configuration/load.ts';
import { removalOrder } from '../../templates/deployment-steps.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { confirm } from '../command/confirm.ts';
import { StackRemovalError } from '../command/errors.ts';
import { parseCommand } from '../command/parse-command.ts';
import { raceAbort } from '../command/race-abort.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { useProfile } from '../command/use-profile.ts';
import { regionFilter } from '../deploy/choose-regions.ts';
import { readIdentity } from '../deploy/read-identity.ts';
import { registryStackName } from '../deploy/registry-stack.ts';
import { refuseWaitingMessages } from '../deploy/waiting-messages.ts';
import { deleteStack } from './delete-stack.ts';

interface RemoveFlags {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly region?: readonly string[];
  readonly profile?: string;
  readonly configuration: string;
}

/**
 * `s3xrc remove`: deletes the stacks of every region, senders first. Users' buckets are never deleted; they only lose
 * our notification. First asks the user to type the name of the stack.
 * @returns 1 if the answer is different
 * @throws InvalidConfigurationError, DeployInputError, UsageError, UnreadableAccountError, StackRemovalError, which
 *   says what is done and what to do next, MessagesWaitingError, UnreadableQueuesError
 */
export async function runRemove(args: readonly string[], context: CommandContext): Promise<number> {
  const printed: Promise<void>[] = [];
  const command = new Command('s3xrc remove')
    .description('Delete the stacks of all regions, sending regions first. Asks for the name of the stack to confirm.')
    .option('--dry-run', 'only show what would be deleted')
    .option('--force', 'remove even if messages wait in the queues; those messages are lost')
    .addOption(sharedOptions.regions('only these regions'))
    .addOption(sharedOptions.yes())
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration());
  const flags = parseCommand(command, args, (text) => printed.push(context.print(text)))?.opts<RemoveFlags>();
  await Promise.all(printed);
  if (flags === undefined) return 0;
  useProfile(flags.profile);
  const { settings, ...rest } = await loadConfiguration(flags.configuration);
  const order = removalOrder(planRegions({ settings, ...rest }));
  const regions = order.filter(regionFilter(flags.region, order));
  const { stack_name: stack } = settings;
  const what = `the stacks ${stack} and ${registryStackName(stack)} in ${regions.join(', then ')}`;
  if (flags.dryRun === true) {
    await context.print(`Would delete ${what}, unless messages wait in their queues.\n`);
    return 0;
  }
  const { account, arn } = await raceAbort(readIdentity(regions[0] ?? ''), context.signal);
  await context.print(`Account ${account}, as ${arn}\n`);
  const question = { text: `Delete ${what}?`, yes: flags.yes, expected: stack };
  if (!(await confirm(question, context.signal))) {
    context.note(`The answer was not ${stack}, the name of the stack. Nothing was removed.`);
    return 1;
  }
  for (const [index, region] of regions.entries()) {
    await context.print(`\n[${index + 1}/${regions.length}] ${region}\n`);
    if (flags.force !== true) {
      await raceAbort(
        refuseWaitingMessages(stack, region, () => true, 'Removing the stack'),
        context.signal,
      );
    }
    try {
      await deleteStack(stack, region, context);
      await deleteStack(registryStackName(stack), region, context);
    } catch (error) {
      throw error instanceof StackRemovalError ? stoppedError(error, regions, index) : error;
    }
  }
  await context.print(`\nRemoved from ${regions.join(', ')}. Your own buckets remain, without our notifications.\n`);
  return 0;
}

function stoppedError(cause: StackRemovalError, regions: readonly string[], failed: number): StackRemovalError {
  const region = regions[failed] ?? '';
  const lines = [
    `Stopped at ${region}: ${cause.message}`,
    `  Done: ${regions.slice(0, failed).join(', ') || 'none'}`,
    `  Not started: ${regions.slice(failed + 1).join(', ') || 'none'}`,
    'Usually one of our buckets is not empty: it holds archives that have not arrived. "Remove" in docs/deployment.md says how to continue;',
    'then run `s3xrc remove` again.',
  ];
  return new StackRemovalError(lines.join('\n'), { context: { ...cause.context, region }, cause });
}
