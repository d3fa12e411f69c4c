import { join } from 'node:path';
import { PROJECT } from '../command/project.ts';
import { makeTemporaryFolder } from '../command/temporary-folder.ts';

/** Folders of a run, and everything that has to be ended with it. */
export interface Workspace {
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
  const temporary = await makeTemporaryFolder(join(PROJECT, 'build'), 'demo', cleanup);
  return { temporary, cleanup };
}
