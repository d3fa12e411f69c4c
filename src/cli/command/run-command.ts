import { CompressorError } from '../../errors.ts';

/** Runs a command for its exit code: 0, or 1 with the reason on standard error. */
export async function runCommand(
  command: (args: readonly string[], print: (text: string) => void) => Promise<void>,
): Promise<void> {
  try {
    await command(process.argv.slice(2), (text) => process.stdout.write(text));
  } catch (thrown) {
    // What we throw on purpose says what is wrong; of anything else, the stack is the only clue.
    const text =
      thrown instanceof CompressorError ? thrown.message : thrown instanceof Error ? thrown.stack : String(thrown);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}
