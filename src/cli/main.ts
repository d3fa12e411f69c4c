import { once } from 'node:events';
import type { CommandContext } from './command/cli-command.ts';
import { systemErrorText } from './command/explain-failure.ts';
import type { StatusLine } from './command/meter.ts';
import { INTERRUPTED, runCli } from './command/run-cli.ts';
import { COMMANDS } from './commands.ts';

/** `s3xrc`: see docs/commands.md. */
// The SDK's warning about Node versions that it will no longer support is for developers, and would interrupt the
// output.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
const interruption = new AbortController();
const interrupt = (): void => {
  // A second signal ends the process at once.
  if (interruption.signal.aborted) process.exit(INTERRUPTED);
  interruption.abort();
};
// SIGHUP: the terminal was closed.
process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
// A reader such as `head` closes the output when it has enough, which is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: standard output: ${systemErrorText(error)}\n`);
  process.exit(1);
});
// If standard error is closed, notes are lost, but standard output may still be read.
process.stderr.on('error', () => undefined);

const hasStatusLine = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
const EMPTY_LINE = '\r\u001b[K';

/** Overwrites the last line of a terminal. */
function openStatusLine(terminal: NodeJS.WriteStream): StatusLine {
  return {
    get columns() {
      return terminal.columns;
    },
    show: (text) => {
      terminal.write(`${EMPTY_LINE}${text}`);
    },
  };
}

const context: CommandContext = {
  program: 's3xrc',
  ...(hasStatusLine ? { statusLine: openStatusLine(process.stderr) } : {}),
  ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
  signal: interruption.signal,
  print: async (data) => {
    if (!process.stdout.write(data)) await once(process.stdout, 'drain');
  },
  note: (text) => {
    // Replaces a line of progress instead of following it.
    process.stderr.write(`${hasStatusLine ? EMPTY_LINE : ''}${text}\n`);
  },
};

const exitStatus = await runCli(process.argv.slice(2), COMMANDS, context);
// Calls that are still running must not delay the end of the process.
if (interruption.signal.aborted) process.exit(INTERRUPTED);
process.exitCode = exitStatus;
