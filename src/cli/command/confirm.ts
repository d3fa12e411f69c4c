import { createInterface } from 'node:readline/promises';
import { UsageError } from './errors.ts';

export interface Question {
  /** A sentence that says what will be done, with its question mark. */
  readonly text: string;
  /** Whether `--yes` has answered it. */
  readonly yes: boolean | undefined;
  /** What has to be typed for what cannot be taken back, such as the name of a stack; `y` if absent. */
  readonly expected?: string;
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks before something is changed, unless `--yes` has answered already.
 * @returns whether it may be done
 * @throws UsageError where nobody can answer: then `--yes` has to say it
 */
export async function confirm(
  { text, yes, expected }: Question,
  signal: AbortSignal,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (yes === true) return true;
  if (terminal.input.isTTY !== true) {
    throw new UsageError(`${text} There is no terminal to answer at: add --yes.`);
  }
  const dialog = createInterface({ input: terminal.input, output: terminal.output });
  // At a question the terminal hands over Ctrl-C as a character, which readline alone would take for the end of the input.
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
