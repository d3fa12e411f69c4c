import type { CommandContext } from '../../src/cli/command/cli-command.ts';

/** Runs a command in this process, so that a test can replace its dependencies, and reads the JSON that it prints. */
export async function printedJson(
  run: (context: CommandContext) => Promise<number>,
): Promise<{ readonly status: number; readonly document: unknown }> {
  let printed = '';
  const status = await run({
    program: 's3xrc',
    signal: new AbortController().signal,
    print: (data: string | Uint8Array) => {
      printed += String(data);
      return Promise.resolve();
    },
    note: () => undefined,
  });
  return { status, document: JSON.parse(printed) as unknown };
}
