import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PythonPackagesError } from './errors.ts';
import { isExecutable } from './is-executable.ts';
import { findPython } from './python/find-python.ts';
import { runInstaller } from './run-installer.ts';

/**
 * `server`: the servers of the emulated regions. `test`: the same, and foreign readers of the archive format.
 * `rehearsal`: the emulated regions with CloudFormation. `deploy`: the SAM CLI and the template checkers. `emulator`:
 * an emulated AWS to deploy to.
 */
export type PythonNeed = 'server' | 'test' | 'rehearsal' | 'deploy' | 'emulator';

interface Requirement {
  /** The message to the user while pip is running. */
  readonly what: string;
  /**
   * Folder of the environment: the SAM CLI, the servers and the emulator pin different versions, so no folder can hold
   * two of them.
   */
  readonly environment: '.venv' | '.venv-deploy' | '.venv-emulator';
  /** How long the installation takes. */
  readonly takes: string;
  /** Every file that decides what is installed; the first one is given to pip. */
  readonly files: readonly string[];
  /** Other needs that this one includes. */
  readonly includes: readonly PythonNeed[];
}

const REQUIREMENTS: Readonly<Record<PythonNeed, Requirement>> = {
  server: {
    what: 'the local S3, SQS and DynamoDB servers (moto)',
    environment: '.venv',
    takes: '20 seconds',
    files: ['server.txt'],
    includes: [],
  },
  test: {
    what: 'the local servers (moto) and the test readers',
    environment: '.venv',
    takes: '20 seconds',
    files: ['test.txt', 'server.txt'],
    includes: ['server'],
  },
  rehearsal: {
    what: 'the local servers (moto) with CloudFormation',
    environment: '.venv',
    takes: '25 seconds',
    files: ['rehearsal.txt', 'server.txt'],
    includes: ['server'],
  },
  deploy: {
    what: 'the SAM CLI and cfn-lint',
    environment: '.venv-deploy',
    takes: '90 seconds',
    files: ['deploy.txt'],
    includes: [],
  },
  emulator: {
    what: 'an emulator of AWS with CloudFormation (ministack)',
    environment: '.venv-emulator',
    takes: '20 seconds',
    files: ['emulator.txt'],
    includes: [],
  },
};

const PROJECT_ROOT = fileURLToPath(new URL('../', import.meta.url));
const INSTALL_SCRIPT = fileURLToPath(new URL('./python/install.py', import.meta.url));

export interface PythonEnvironmentOptions {
  /** Folder with `requirements/`, where the environment is made. Default: the project. */
  readonly root?: string;
  /** Names or paths of interpreters, in order of preference. */
  readonly candidates?: readonly string[];
}

/**
 * The Python interpreter of the project's own environment, with the packages that `need` names. The first call on a
 * machine installs them (about 20 seconds, 90 for `deploy`) and announces it; later ones only compare a hash. Several processes
 * may call it at once.
 *
 * @throws MissingPythonError, PythonTooOldError, PythonPackagesError
 */
export async function preparePythonEnvironment(
  need: PythonNeed,
  announce: (line: string) => void,
  options: PythonEnvironmentOptions = {},
): Promise<string> {
  const root = options.root ?? PROJECT_ROOT;
  const { what, takes, files, includes, environment: folder } = REQUIREMENTS[need];
  const environment = path.join(root, folder);
  const python = path.join(environment, 'bin', 'python');
  const digest = await requirementsDigest(root, need);
  if ((await readMarker(environment, need)) === digest && (await isExecutable(python))) return python;

  const base = await findPython(options.candidates);
  announce(`Installing ${what} into ${folder}: once, about ${takes} ...`);
  const digests = await Promise.all(
    [need, ...includes].map(async (met) => `${markerName(met)}=${await requirementsDigest(root, met)}`),
  );
  const requirements = path.join(root, 'requirements', files[0] ?? '');
  await runInstall(base, [INSTALL_SCRIPT, environment, requirements, ...digests]);
  return python;
}

async function requirementsDigest(root: string, need: PythonNeed): Promise<string> {
  const hash = createHash('sha256');
  for (const file of REQUIREMENTS[need].files) hash.update(await readFile(path.join(root, 'requirements', file)));
  return hash.digest('hex');
}

/** False if the Python that created the environment no longer exists. */
function markerName(need: PythonNeed): string {
  return `.installed-${need}`;
}

async function readMarker(environment: string, need: PythonNeed): Promise<string | undefined> {
  try {
    return await readFile(path.join(environment, markerName(need)), 'ascii');
  } catch (error) {
    // Not `instanceof Error`: under jest, the errors of node:fs belong to another realm.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function runInstall(python: string, args: readonly string[]): Promise<void> {
  const failure = await runInstaller(python, args);
  if (failure === undefined) return;
  throw new PythonPackagesError(
    `The Python environment could not be made with ${python} (its venv module and access to a package index are needed). The output ends with:\n${failure.lastLines}`,
    { context: { python, status: failure.status ?? 'killed' } },
  );
}
