import type { RunCommand } from './cli-command.ts';
import { MissingCheckoutError } from './errors.ts';

/**
 * A command that starts servers and functions from the project's sources, with the project's own Node. The bundle,
 * which runs on older Node versions and in any folder, refuses to run it and loads none of its code.
 * @param isBundle whether this code runs in the bundle
 */
export function requireCheckout(
  name: string,
  load: () => Promise<RunCommand>,
  isBundle = !import.meta.url.endsWith('.ts'),
): () => Promise<RunCommand> {
  if (!isBundle) return load;
  const need = `s3xrc ${name} needs a checkout of the project: run \`npm ci\` and \`npx s3xrc ${name}\` in it.`;
  return () =>
    Promise.resolve(async (args, { print }) => {
      if (!args.includes('--help') && !args.includes('-h')) throw new MissingCheckoutError(need);
      await print(`Usage: s3xrc ${name} [options]\n\n${need}\n`);
      return 0;
    });
}
