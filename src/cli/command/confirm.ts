import { createInterface } from 'node:readline/promises';
import { UsageError } from './errors.ts';

export interface Question {
  /** A question that says what will be done, including the question mark. */
  readonly text: string;
  /** Whether `--yes` was given. */
  readonly yes: boolean | undefined;
  /** The text to type before something that cannot be undone, such as the name of a stack; `y` if absent. */
  readonly expected?: string;
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks before something is changed, unless `--yes` was given.
 * @returns whether it may be done
 * @throws UsageError if nobody can answer: then `--yes` is required
 */
export async function confirm(
  { text, yes, expected }: Question,
  signal: AbortSignal,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (yes === true) return true;
  if (terminal.input.isTTY !== true) {
    throw new UsageError(`${text} There is no terminal to answer on: add --yes.`);
  }
  const dialog = createInterface({ input: terminal.input, output: terminal.output });
  // During a question, the terminal passes Ctrl-C as a character, which readline alone would treat as the end of the
  // input.
  dialog.once('SIGINT', () => {
    process.kill(process.pid, 'SIGINT');
  });
  const how = expected === undefined ? '[y/N]' : `Type ${expected} to confirm:`;
  try {
    const answer = (await dialog.question(`${text} ${how} `, { signal })).trim();
    return expected === undefined ? /^y(es)?$/i.test(answer) : answer === expected;
  } finally {
    dialog.close();
  }
}
