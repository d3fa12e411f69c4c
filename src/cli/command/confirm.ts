import { createInterface } from 'node:readline/promises';
import { UsageError } from './errors.ts';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks before something that cannot be taken back.
 * @returns whether the answer is yes
 * @throws UsageError where nobody can answer: then `--yes` has to say it
 */
export async function confirm(question: string, signal: AbortSignal, terminal: Terminal): Promise<boolean> {
  if (terminal.input.isTTY !== true) {
    throw new UsageError(`${question} There is no terminal to answer at: add --yes.`);
  }
  const dialog = createInterface({ input: terminal.input, output: terminal.output });
  // At a question the terminal hands over Ctrl-C as a character, which readline alone would take for the end of the input.
  dialog.once('SIGINT', () => {
    process.kill(process.pid, 'SIGINT');
  });
  try {
    const answer = await dialog.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    dialog.close();
  }
}
