import { spawnSync } from 'node:child_process';

/** Whether a command line tool with a `--version` option is on the PATH. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}
