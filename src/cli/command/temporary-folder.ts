import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Earlier versions left out the process: their folders are stale after this time. */
const UNNAMED_STALE_MILLISECONDS = 24 * 60 * 60 * 1000;
/** What such a folder may hold: a folder of a user's, by a name such as `demo-output`, holds something else. */
const UNNAMED_CONTENT: ReadonlySet<string> = new Set(['configuration', 'functions']);

/**
 * Makes a folder for one run of a command, and removes those of runs that were killed.
 * @param parent is made if need be
 * @param name of the command; the folder's name begins with it
 * @param cleanup gets the removal; whatever ends the process without cleaning up removes the folder as well, but for SIGKILL
 */
export async function makeTemporaryFolder(
  parent: string,
  name: string,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeStaleFolders(parent, name);
  const folder = await mkdtemp(join(parent, folderPrefix(name, process.pid)));
  // For ends that wait for nothing: a second Ctrl-C, an output that nobody reads any more.
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

/** Beginning of the name of a run's folder; it names the process, so that others can tell when the folder is stale. */
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
  // What `mkdtemp` makes of `folderPrefix`.
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
    // Another run has removed it meanwhile.
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it exists and is another user's.
    return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'EPERM';
  }
}
