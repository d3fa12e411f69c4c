import { type Command, CommanderError } from 'commander';
import type { CommandContext } from './cli-command.ts';
import { UsageError } from './errors.ts';
import { HELP } from './parse-command.ts';

/**
 * Parses the arguments of a command that has subcommands, and runs the one that they name.
 * @throws UsageError with one line that says what is wrong, and errors of the subcommand
 */
export async function runSubcommands(
  command: Command,
  args: readonly string[],
  { print }: CommandContext,
): Promise<void> {
  const printed: Promise<void>[] = [];
  for (const each of [command, ...command.commands]) {
    each
      .exitOverride()
      .allowExcessArguments(false)
      .configureHelp(HELP)
      .configureOutput({ writeOut: (text) => printed.push(print(text)), writeErr: () => undefined });
  }
  if (args.length === 0) {
    throw new UsageError(`name a subcommand: ${command.commands.map((each) => each.name()).join(', ')}`);
  }
  try {
    await command.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode !== 0) {
      throw new UsageError(thrown.message.replace(/^error: /, '').replaceAll('\n', ' '), { cause: thrown });
    }
  }
  await Promise.all(printed);
}
