import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderPrefix, removeStaleFolders } from './stale-folders.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Folders of a run, and everything that has to be ended with it. */
export interface Workspace {
  /** The user's own configuration files. */
  readonly configuration: string;
  /** Inside the project, because the bundles find their native packages in its node_modules. Removed at the end. */
  readonly temporary: string;
  /** What is given to it is ended at the end, the last first. */
  readonly cleanup: AsyncDisposableStack;
}

/**
 * Makes the folder of a run, and removes those of runs that were killed.
 * @param cleanup gets the removal of the temporary folder
 */
export async function openWorkspace(cleanup: AsyncDisposableStack): Promise<Workspace> {
  const build = join(PROJECT, 'build');
  await mkdir(build, { recursive: true });
  await removeStaleFolders(build);
  const temporary = await mkdtemp(join(build, folderPrefix(process.pid)));
  // For ends that wait for nothing: a second Ctrl-C, an output that nobody reads any more.
  const removeNow = (): void => {
    rmSync(temporary, { recursive: true, force: true });
  };
  process.once('exit', removeNow);
  cleanup.defer(async () => {
    await rm(temporary, { recursive: true, force: true });
    process.off('exit', removeNow);
  });
  return { configuration: join(PROJECT, 'configuration'), temporary, cleanup };
}
