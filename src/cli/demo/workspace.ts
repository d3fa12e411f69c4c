import { join } from 'node:path';
import { PROJECT } from '../command/project.ts';
import { makeTemporaryFolder } from '../command/temporary-folder.ts';

/** The folders of a run, and everything that must be ended with it. */
export interface Workspace {
  /** Inside the project, because the bundles find their native packages in its node_modules. Removed at the end. */
  readonly temporary: string;
  /** Cleanups that run at the end, in reverse order. */
  readonly cleanup: AsyncDisposableStack;
}

/**
 * Creates the folder of a run, and removes those of killed runs.
 * @param cleanup gets the removal of the temporary folder
 */
export async function openWorkspace(cleanup: AsyncDisposableStack): Promise<Workspace> {
  const temporary = await makeTemporaryFolder(join(PROJECT, 'build'), 'demo', cleanup);
  return { temporary, cleanup };
}
