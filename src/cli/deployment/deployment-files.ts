import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Configuration } from '../../configuration/load.ts';
import { writeSamConfig } from '../../templates/write-samconfig.ts';
import { writeTemplate } from '../../templates/write-template.ts';

export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const STACKS = join(PROJECT, 'src/stacks');

/** A file that is made of the configuration. */
export interface DeploymentFile {
  readonly path: string;
  readonly text: string;
  readonly upToDate: boolean;
}

/**
 * What template.yaml and samconfig.toml of a folder have to be.
 * @throws TemplateLimitError, SamConfigConflictError
 */
export async function makeDeploymentFiles(configuration: Configuration, folder: string): Promise<DeploymentFile[]> {
  const stacks = relative(resolve(folder), STACKS).split(sep).join('/');
  const template = writeTemplate(configuration, { stacks, version: await productVersion() });
  const samConfig = await readIfThere(join(folder, 'samconfig.toml'));
  const texts = { 'template.yaml': template, 'samconfig.toml': writeSamConfig(configuration, samConfig) };
  return Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const path = join(folder, name);
      return { path, text, upToDate: (await readIfThere(path)) === text };
    }),
  );
}

export async function writeDeploymentFiles(files: readonly DeploymentFile[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(files.filter(({ upToDate }) => !upToDate).map(({ path, text }) => writeFile(path, text)));
}

async function productVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as { readonly version: string };
  return manifest.version;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // Not `instanceof Error`: under jest the errors of node:fs are of another realm.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
