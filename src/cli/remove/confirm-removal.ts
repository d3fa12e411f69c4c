import { createInterface } from 'node:readline/promises';
import { DeployInputError } from '../command/errors.ts';

/**
 * Asks for the name of the stack, on standard input so that a script can answer: `echo NAME | npm run remove -- --yes`.
 * @throws DeployInputError when the answer is another one, or none
 */
export async function confirmRemoval(
  stack: string,
  input: NodeJS.ReadableStream,
  print: (text: string) => void,
): Promise<void> {
  print(`To delete these stacks, type the name of the stack, ${stack}: `);
  const lines = createInterface({ input });
  try {
    for await (const line of lines) {
      if (line.trim() === stack) return;
      break;
    }
  } finally {
    lines.close();
  }
  throw new DeployInputError(`The name of the stack is ${stack}, and that was not the answer. Nothing was removed.`, {
    context: { stack },
  });
}
