import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MissingPythonError, PythonTooOldError } from '../errors.ts';

const run = promisify(execFile);

/** The oldest minor version of Python 3 that all pinned packages support. */
const OLDEST_MINOR = 11;

const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'] as const;

/**
 * The first interpreter on the PATH that is new enough.
 *
 * @throws MissingPythonError when none of the names can be started
 * @throws PythonTooOldError when all that start are older than 3.11
 */
export async function findPython(candidates: readonly string[] = CANDIDATES): Promise<string> {
  const tooOld: string[] = [];
  for (const candidate of candidates) {
    const version = await readVersion(candidate);
    if (version === undefined) continue;
    if (version.major === 3 && version.minor >= OLDEST_MINOR) return candidate;
    tooOld.push(`${candidate} is ${version.major}.${version.minor}`);
  }
  if (tooOld.length > 0) {
    throw new PythonTooOldError(
      `The local servers need Python 3.${OLDEST_MINOR} or newer, but ${tooOld.join(', ')}. Install a newer one, or put it first on the PATH.`,
    );
  }
  throw new MissingPythonError(
    `No Python found (tried ${candidates.join(', ')}). The local servers need Python 3.${OLDEST_MINOR} or newer, with its venv module: install it and run the command again.`,
  );
}

async function readVersion(executable: string): Promise<{ major: number; minor: number } | undefined> {
  try {
    const { stdout } = await run(executable, ['-c', 'import sys; print(*sys.version_info[:2])']);
    const [major, minor] = stdout.trim().split(' ').map(Number);
    return major === undefined || minor === undefined ? undefined : { major, minor };
  } catch {
    // Not installed, or a stub that cannot run (macOS without its developer tools): try the next name.
    return undefined;
  }
}
