import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LambdaPackagesError } from '../errors.ts';
import { runInstaller } from '../run-installer.ts';

/** The packages that are installed, pinned: not among the project's own, because they compile for a minute or more. */
const PACKAGE_FILES = ['package.json', 'package-lock.json'] as const;
const PACKAGES = fileURLToPath(new URL('./packages', import.meta.url));
const INSTALLED = fileURLToPath(new URL('../../build/lambda-runtime', import.meta.url));
const ENTRY = path.join('node_modules', 'aws-lambda-ric', 'index.mjs');

export interface InterfaceClientOptions {
  /** Folder with package.json and package-lock.json. Default: those of the project. */
  readonly packages?: string;
  /** Folder for the installation. Default: `build/lambda-runtime`. */
  readonly installed?: string;
}

/**
 * Path of the module that starts a handler as Lambda's own images do: npm's `aws-lambda-ric`. The first call on a
 * machine installs and compiles it (100 seconds on 2 cores) and announces it.
 *
 * The folder is named after its inputs, and gets this name only when it is complete. So a killed installation is never
 * mistaken for a complete one, and of several concurrent ones the first to finish wins.
 *
 * @throws LambdaPackagesError that ends with npm's output
 */
export async function installInterfaceClient(
  announce: (line: string) => void,
  { packages = PACKAGES, installed = INSTALLED }: InterfaceClientOptions = {},
): Promise<string> {
  const home = path.join(installed, await fingerprint(packages));
  const entry = path.join(home, ENTRY);
  if (await exists(entry)) return entry;
  announce("Installing AWS's Lambda runtime interface client: once, about 100 seconds ...");
  await mkdir(installed, { recursive: true });
  const unfinished = await mkdtemp(path.join(installed, 'unfinished-'));
  try {
    for (const file of PACKAGE_FILES) await copyFile(path.join(packages, file), path.join(unfinished, file));
    await installPackages(unfinished);
    await takeName(unfinished, home, entry);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return entry;
}

/** The inputs of an installation: the packages, and the machine that they were compiled for. */
async function fingerprint(packages: string): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of PACKAGE_FILES) hash.update(await readFile(path.join(packages, file)));
  return hash.digest('hex').slice(0, 16);
}

async function takeName(unfinished: string, home: string, entry: string): Promise<void> {
  try {
    await rename(unfinished, home);
  } catch (error) {
    // Another process was faster; it has installed the same files.
    if (!(await exists(entry))) throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function installPackages(folder: string): Promise<void> {
  // In the foreground, because npm would otherwise hide the errors of a compiler.
  const args = ['ci', '--foreground-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
  const failure = await runInstaller('npm', args, folder);
  if (failure === undefined) return;
  throw new LambdaPackagesError(
    `The runtime interface client could not be installed: it needs npm's registry, a C++ compiler, make and cmake. npm said:\n${failure.lastLines}`,
    { context: { status: failure.status ?? 'killed' } },
  );
}
