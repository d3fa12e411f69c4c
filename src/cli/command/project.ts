import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project, with a slash at its end, whether this code runs from its source or from a bundle. */
export const PROJECT = `${findProject(dirname(fileURLToPath(import.meta.url)))}/`;

/** Version of the project in package.json. */
export async function readProjectVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as { readonly version: string };
  return version;
}

function findProject(folder: string): string {
  if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'configuration'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? process.cwd() : findProject(parent);
}
