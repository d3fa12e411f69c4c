import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Earlier versions left out the process: their folders are stale after this time. */
const UNNAMED_STALE_MILLISECONDS = 24 * 60 * 60 * 1000;
/** What a run's folder may hold: a folder of a user's, by a name such as `demo-output`, holds something else. */
const CONTENT: ReadonlySet<string> = new Set(['configuration', 'functions']);
/** What `mkdtemp` makes of `folderPrefix`. */
const FOLDER = /^demo-(?:(\d+)-)?[A-Za-z0-9]{6}$/;

/** Beginning of the name of a run's folder; it names the process, so that others can tell when the folder is stale. */
export function folderPrefix(pid: number): string {
  return `demo-${pid}-`;
}

/** Removes the folders of runs whose process no longer exists: they were killed and could not do it themselves. */
export async function removeStaleFolders(
  parent: string,
  isAlive: (pid: number) => boolean = isRunning,
  now: number = Date.now(),
): Promise<void> {
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const [match, pid] = FOLDER.exec(entry.name) ?? [];
    if (match === undefined || !entry.isDirectory()) continue;
    const folder = join(parent, entry.name);
    const isStale = pid === undefined ? await isForgotten(folder, now) : !isAlive(Number(pid));
    if (isStale) await rm(folder, { recursive: true, force: true });
  }
}

async function isForgotten(folder: string, now: number): Promise<boolean> {
  try {
    if (now - (await stat(folder)).mtimeMs <= UNNAMED_STALE_MILLISECONDS) return false;
    return (await readdir(folder)).every((name) => CONTENT.has(name));
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
