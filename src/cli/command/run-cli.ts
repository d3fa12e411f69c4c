import type { CliCommand, CommandContext } from './cli-command.ts';
import { type Completable, readHelp, renderCompletionScript } from './completion.ts';
import { UsageError } from './errors.ts';
import { explainFailure } from './explain-failure.ts';
import { findCommand, renderExamples, renderOverview } from './overview.ts';
import { readProjectVersion } from './project.ts';

/** Exit status after Ctrl-C or SIGTERM, as shells report it: 128 + SIGINT. */
export const INTERRUPTED = 130;

const VERSION_FLAGS: ReadonlySet<string> = new Set(['--version', '-V', 'version']);
const HELP_FLAGS: ReadonlySet<string> = new Set(['--help', '-h']);

/**
 * Runs one command line of s3xrc.
 * @param args without the interpreter and the script
 * @returns exit status: 0 success, 1 problems, 2 wrong command line, 130 interrupted
 */
export async function runCli(
  args: readonly string[],
  commands: readonly CliCommand[],
  context: CommandContext,
): Promise<number> {
  const [name] = args;
  try {
    return await dispatch(args, commands, context);
  } catch (thrown) {
    if (context.signal.aborted) return INTERRUPTED;
    const { text, exitStatus } = explainFailure(thrown);
    context.note(`error: ${text.replace(/^error: /, '')}`);
    const isKnown = commands.some((command) => command.name === name);
    if (exitStatus === 2) context.note(`Try: ${context.program} ${isKnown ? `${name} --help` : 'help'}`);
    return exitStatus;
  }
}

async function dispatch(
  args: readonly string[],
  commands: readonly CliCommand[],
  context: CommandContext,
): Promise<number> {
  const [name = 'help', ...rest] = args;
  const [topic] = rest;
  if (HELP_FLAGS.has(name) || (name === 'help' && topic === undefined)) {
    await context.print(renderOverview(context.program, commands));
    return 0;
  }
  if (VERSION_FLAGS.has(name)) {
    await context.print(`${context.program} ${await readProjectVersion()}\n`);
    return 0;
  }
  if (name === 'help') return printHelp(findCommand(topic ?? '', commands), rest.slice(1), context);
  if (name === 'completion') {
    if (topic === undefined) throw new UsageError('name a shell: bash, zsh or fish');
    await context.print(renderCompletionScript(topic, context.program, await describeForCompletion(commands, context)));
    return 0;
  }
  const command = findCommand(name, commands);
  if (rest.some((argument) => HELP_FLAGS.has(argument))) {
    return printHelp(command, rest.filter((argument) => !argument.startsWith('-')).slice(0, 1), context);
  }
  return (await command.load())(rest, context);
}

async function printHelp(command: CliCommand, subject: readonly string[], context: CommandContext): Promise<number> {
  await context.print(`${await helpOf(command, subject, context)}${renderExamples(context.program, command)}`);
  return 0;
}

/** The help text of a command, without its examples. */
export async function helpOf(
  command: CliCommand,
  subject: readonly string[],
  context: CommandContext,
): Promise<string> {
  let text = '';
  const print = (data: string | Uint8Array): Promise<void> => {
    text += typeof data === 'string' ? data : '';
    return Promise.resolve();
  };
  const run = await command.load();
  await run([...subject, '--help'], { ...context, print });
  return text;
}

async function describeForCompletion(commands: readonly CliCommand[], context: CommandContext): Promise<Completable[]> {
  const described: Completable[] = [];
  for (const command of commands) {
    const { name, summary } = command;
    described.push({ name, summary, ...readHelp(await helpOf(command, [], context)) });
  }
  return described;
}
