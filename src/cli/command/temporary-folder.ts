import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from './is-running.ts';

/** Folders of earlier versions do not name a process: they are stale after this time. */
const UNNAMED_STALE_MILLISECONDS = 24 * 60 * 60 * 1000;
/** Allowed contents of such a folder: a user's folder with a name such as `demo-output` has other contents. */
const UNNAMED_CONTENT: ReadonlySet<string> = new Set(['configuration', 'functions']);

/**
 * Creates a folder for one run of a command, and removes those of killed runs.
 * @param parent created if necessary
 * @param name of the command, which begins the folder's name
 * @param cleanup gets the removal; the folder is also removed if the process ends without cleaning up, except by
 * SIGKILL
 */
export async function makeTemporaryFolder(
  parent: string,
  name: string,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeStaleFolders(parent, name);
  const folder = await mkdtemp(join(parent, folderPrefix(name, process.pid)));
  // For abrupt ends: a second Ctrl-C, or an output that is no longer read.
  const removeNow = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeNow);
  cleanup.defer(async () => {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', removeNow);
  });
  return folder;
}

/**
 * Prefix of the name of a run's folder; it contains the process id, so that others can tell when the folder is stale.
 */
export function folderPrefix(name: string, pid: number): string {
  return `${name}-${pid}-`;
}

/** Removes the folders of runs whose process no longer exists: they were killed and could not do it themselves. */
export async function removeStaleFolders(
  parent: string,
  name: string,
  isAlive: (pid: number) => boolean = isRunning,
  now: number = Date.now(),
): Promise<void> {
  // The names that `mkdtemp` makes from `folderPrefix`.
  const pattern = new RegExp(`^${name}-(?:(\\d+)-)?[A-Za-z0-9]{6}$`);
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const [match, pid] = pattern.exec(entry.name) ?? [];
    if (match === undefined || !entry.isDirectory()) continue;
    const folder = join(parent, entry.name);
    const isStale = pid === undefined ? await isForgotten(folder, now) : !isAlive(Number(pid));
    if (isStale) await rm(folder, { recursive: true, force: true });
  }
}

async function isForgotten(folder: string, now: number): Promise<boolean> {
  try {
    if (now - (await stat(folder)).mtimeMs <= UNNAMED_STALE_MILLISECONDS) return false;
    return (await readdir(folder)).every((name) => UNNAMED_CONTENT.has(name));
  } catch {
    // Another run has removed it in the meantime.
    return false;
  }
}
