import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { MissingLambdaEmulatorError } from '../errors.ts';
import { isExecutable } from '../is-executable.ts';
import { preparePythonEnvironment } from '../python-environment.ts';

/** Node's names of the processors for which the SAM CLI has an emulator, and SAM's names of them. */
const PROCESSORS: ReadonlyMap<string, string> = new Map([
  ['x64', 'x86_64'],
  ['arm64', 'arm64'],
]);

/**
 * Name of the emulator file that the SAM CLI has for a machine.
 * @throws MissingLambdaEmulatorError for a machine without one
 */
export function emulatorFileName(platform: string, processor: string): string {
  const name = PROCESSORS.get(processor);
  if (platform === 'linux' && name !== undefined) return `aws-lambda-rie-${name}`;
  throw new MissingLambdaEmulatorError(
    `AWS's Lambda Runtime Interface Emulator runs on Linux with x86_64 or arm64, not on ${platform} ${processor}. ` +
      'Use `sam local invoke` with a container engine instead: events/README.md shows how.',
    { context: { platform, processor } },
  );
}

/**
 * Path of AWS's Lambda Runtime Interface Emulator: the one that `sam local` puts into containers, from the project's
 * own installation of the SAM CLI, which the first call creates (90 seconds).
 * @throws MissingLambdaEmulatorError; errors of `preparePythonEnvironment`
 */
export async function findInterfaceEmulator(announce: (line: string) => void): Promise<string> {
  const name = emulatorFileName(process.platform, process.arch);
  const libraries = path.join(path.dirname(await preparePythonEnvironment('deploy', announce)), '..', 'lib');
  for (const python of await readdir(libraries)) {
    const file = path.join(libraries, python, 'site-packages', 'samcli', 'local', 'rapid', name);
    if (await isExecutable(file)) return file;
  }
  throw new MissingLambdaEmulatorError(
    `The SAM CLI under ${libraries} carries no executable ${name}. Remove that environment; the next call rebuilds it.`,
    { context: { file: name } },
  );
}
