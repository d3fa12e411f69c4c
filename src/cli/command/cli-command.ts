import type { StatusLine } from './meter.ts';

/** What the process provides to a command. */
export interface CommandContext {
  /** Writes to standard output. Nothing else goes there, so that output can be piped. */
  readonly print: (data: string | Uint8Array) => Promise<void>;
  /** Writes a line of progress or advice to standard error. */
  readonly note: (text: string) => void;
  /** Line for progress that is overwritten in place; absent if standard error is not a terminal. */
  readonly statusLine?: StatusLine;
  /** Width of standard output in characters; absent if that is not a terminal. */
  readonly columns?: number;
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The program name in usage lines. */
  readonly program: string;
}

/**
 * Runs a command.
 * @param args without the program's and the command's name
 * @returns exit status: 0, or 1 if it ran but found problems
 * @throws UsageError (exit status 2), any other CompressorError (1)
 */
export type RunCommand = (args: readonly string[], context: CommandContext) => Promise<number>;

/** An entry in the list of `s3xrc` commands. The command's code is loaded only when it runs. */
export interface CliCommand {
  readonly name: string;
  /** One line, without a period. */
  readonly summary: string;
  /** Two invocations, without the program's name. */
  readonly examples: readonly [string, string];
  readonly load: () => Promise<RunCommand>;
}
