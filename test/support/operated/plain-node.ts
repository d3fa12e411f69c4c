import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FOLDER = fileURLToPath(new URL('../../../build/plain-node', import.meta.url));

/**
 * A user's Node with another version than the project's own. It is kept for the next run.
 * @param version such as `20.20.2`
 * @returns path of its executable
 */
export async function plainNode(version: string): Promise<string> {
  const folder = join(FOLDER, version);
  // The package that the install script of `node` would fetch.
  const name = `node-${process.platform}-${process.arch}`;
  const executable = join(folder, 'node_modules', name, 'bin/node');
  const isThere = await access(executable).then(
    () => true,
    () => false,
  );
  if (isThere) return executable;
  await mkdir(folder, { recursive: true });
  const quietly = ['--no-audit', '--no-fund', '--no-package-lock', '--no-save'];
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...quietly, `${name}@${version}`], { cwd: folder });
  return executable;
}
