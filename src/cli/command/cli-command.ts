import type { StatusLine } from './meter.ts';

/** What a command gets from the process that runs it. */
export interface CommandContext {
  /** Writes to standard output. Nothing else goes there, so that output can be piped. */
  readonly print: (data: string | Uint8Array) => Promise<void>;
  /** Writes a line of progress or advice to standard error. */
  readonly note: (text: string) => void;
  /** Where progress is written over; absent when standard error is not a terminal. */
  readonly statusLine?: StatusLine;
  /** Characters of a line of standard output; absent when that is not a terminal. */
  readonly columns?: number;
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The name that usage lines begin with. */
  readonly program: string;
}

/**
 * Runs a command.
 * @param args without the program's and the command's name
 * @returns exit status: 0, or 1 when it ran and not all is well
 * @throws UsageError (exit status 2), any other CompressorError (1)
 */
export type RunCommand = (args: readonly string[], context: CommandContext) => Promise<number>;

/** A command of `s3xrc`, as its list has it. Its code is loaded only when it runs. */
export interface CliCommand {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Two invocations, without the program's name. */
  readonly examples: readonly [string, string];
  readonly load: () => Promise<RunCommand>;
}
