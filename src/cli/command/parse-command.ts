import { type Command, CommanderError } from 'commander';
import { DeployInputError } from './errors.ts';
import { refuseSwallowedOptions } from './swallowed-options.ts';

/**
 * Min width of the explanations of options; below it, they do not wrap. 60 columns hold the longest option and this.
 */
export const HELP = { minWidthToWrap: 15 };

/**
 * Reads the options of a command.
 * @param args without the interpreter and the script
 * @returns the command, with its options; undefined when help was asked for and printed
 * @throws DeployInputError with one line that says what is wrong, and with the correct command line if npm has consumed
 *   options
 */
export function parseCommand(
  command: Command,
  args: readonly string[],
  print: (text: string) => void,
): Command | undefined {
  command
    .allowExcessArguments(false)
    .configureHelp(HELP)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined });
  refuseSwallowedOptions(command, args, process.env);
  try {
    command.parse(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return undefined;
    throw new DeployInputError(thrown.message.replace(/^error: /, '').replaceAll('\n', ' '), { cause: thrown });
  }
  return command;
}
