import { closestWord } from '../../configuration/schema/closest-word.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './errors.ts';

/** The output of `s3xrc help`. */
export function renderOverview(program: string, commands: readonly CliCommand[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length), 'completion'.length);
  const line = (name: string, summary: string): string => `  ${name.padEnd(width)}  ${summary}`;
  return [
    `Usage: ${program} <command> [options]`,
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => line(name, summary)),
    line('completion', 'Print a completion script for bash, zsh or fish'),
    line('help', 'Print this overview, or the help of a command'),
    line('--version', 'Print the version'),
    '',
    `For the help of a command: ${program} help <command>, or ${program} <command> --help.`,
    '',
  ].join('\n');
}

/** The two examples below a command's help. */
export function renderExamples(program: string, { examples }: CliCommand): string {
  return ['', 'Examples:', ...examples.map((example) => `  ${program} ${example}`), ''].join('\n');
}

/** @throws UsageError that names the closest command */
export function findCommand(name: string, commands: readonly CliCommand[]): CliCommand {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const closest = closestWord(
    name,
    commands.map((command) => command.name),
  );
  throw new UsageError(`unknown command "${name}"${closest === undefined ? '' : `; did you mean "${closest}"?`}`);
}
