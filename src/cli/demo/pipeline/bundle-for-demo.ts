import { bundleFunctions } from '../../../build/bundle-functions.ts';
import { DemoFailedError } from '../errors.ts';

/** Bundles the functions into a folder. @throws DemoFailedError with the bundler's first error */
export async function bundleForDemo(folder: string): Promise<void> {
  try {
    await bundleFunctions(folder);
  } catch (cause) {
    throw new DemoFailedError(`The functions could not be bundled: ${firstComplaint(cause)}`, { cause });
  }
}

/** esbuild repeats all complaints in its message, with its own stack trace. */
function firstComplaint(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const [title = '', first = title] = message.split('\n').filter((line) => line !== '');
  return first.replace(/^error: /, '');
}
