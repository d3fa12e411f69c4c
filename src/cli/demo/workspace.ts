import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** @param cleanup gets the removal of the temporary folder */
export async function openWorkspace(cleanup: AsyncDisposableStack): Promise<Workspace> {
  const build = join(PROJECT, 'build');
  await mkdir(build, { recursive: true });
  const temporary = await mkdtemp(join(build, 'demo-'));
  cleanup.defer(() => rm(temporary, { recursive: true, force: true }));
  return { configuration: join(PROJECT, 'configuration'), temporary, cleanup };
}
