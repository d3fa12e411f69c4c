import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { PRICE_FILE } from '../../configuration/prices/price-file.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { REPLICATION_FILE, SETTINGS_FILE } from '../../configuration/schema/locate-problem.ts';
import { hasOwnRepositories, writeSamConfig } from '../../templates/write-samconfig.ts';
import { writeTemplate } from '../../templates/write-template.ts';
import { PROJECT, readProjectVersion } from './project.ts';
import { withFilePath } from './with-file-path.ts';

/** The configuration that goes into the image if no other one is named. */
export const CONFIGURATION = join(PROJECT, 'configuration');
const STACKS = join(PROJECT, 'src/stacks');
const SAM_CONFIG = 'samconfig.toml';
const HASH_LENGTH = 12;

/** A file that is generated from the configuration. */
export interface DeploymentFile {
  readonly path: string;
  readonly text: string;
  readonly isUpToDate: boolean;
}

/** Whether a folder is the project's own, which need not be named. */
export function isProjectConfiguration(folder: string): boolean {
  return resolve(folder) === CONFIGURATION;
}

/**
 * The folder of a configuration's template.yaml and samconfig.toml: the project for its own configuration; for others,
 * the folder of the configuration files.
 */
export function deploymentFolder(folder: string): string {
  return isProjectConfiguration(folder) ? PROJECT : resolve(folder);
}

/** The folder of a configuration's prices: the project's, unless the configuration has its own. */
export async function findPriceFolder(folder: string): Promise<string> {
  return (await readIfThere(join(folder, PRICE_FILE))) === undefined ? CONFIGURATION : folder;
}

/**
 * The expected contents of template.yaml and samconfig.toml in a folder.
 * @param from folder of the configuration
 * @throws InvalidConfigurationError for prices.json, TemplateLimitError, SamConfigConflictError
 */
export async function makeDeploymentFiles(
  configuration: Configuration,
  folder: string,
  from = CONFIGURATION,
): Promise<DeploymentFile[]> {
  const stacks = relative(resolve(folder), STACKS).split(sep).join('/');
  const template = await makeTemplate(configuration, stacks, from);
  const samConfig = await readIfThere(join(folder, SAM_CONFIG));
  const texts = { 'template.yaml': template, [SAM_CONFIG]: writeSamConfig(configuration, samConfig) };
  return Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const path = join(folder, name);
      return { path, text, isUpToDate: (await readIfThere(path)) === text };
    }),
  );
}

/**
 * The text of template.yaml.
 * @param stacks path from the template to the nested ones, with `/` between its parts
 * @param from folder of the configuration
 * @throws InvalidConfigurationError for prices.json, TemplateLimitError
 */
export async function makeTemplate(configuration: Configuration, stacks: string, from: string): Promise<string> {
  return writeTemplate(configuration, { stacks, priceRevision: await priceRevision(from) });
}

/** The files of a configuration that go into the image. */
export async function listConfigurationFiles(folder: string): Promise<readonly string[]> {
  const own = [SETTINGS_FILE, REPLICATION_FILE].map((name) => join(folder, name));
  return [...own, join(await findPriceFolder(folder), PRICE_FILE)];
}

export async function writeDeploymentFiles(files: readonly DeploymentFile[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const stale = files.filter(({ isUpToDate }) => !isUpToDate);
  await Promise.all(stale.map(({ path, text }) => withFilePath(path, writeFile(path, text))));
}

/** Whether samconfig.toml names a repository for each image of a region. */
export async function namesOwnRepositories(folder: string, region: string): Promise<boolean> {
  return hasOwnRepositories((await readIfThere(join(folder, SAM_CONFIG))) ?? '', region);
}

/** Writes the repository of a region's images into samconfig.toml, for `sam deploy --config-env REGION`. */
export async function saveRepository(
  configuration: Configuration,
  folder: string,
  { region, uri }: { readonly region: string; readonly uri: string },
): Promise<void> {
  const path = join(folder, SAM_CONFIG);
  const before = await readIfThere(path);
  const text = writeSamConfig(configuration, before, new Map([[region, uri]]));
  if (text !== before) await withFilePath(path, writeFile(path, text));
}

/** Differs for each release and each prices.json: when it changes, CloudFormation reads the prices again. */
async function priceRevision(from: string): Promise<string> {
  const version = await readProjectVersion();
  const prices = JSON.stringify(await loadPriceFile(await findPriceFolder(from)));
  return `${version}-${createHash('sha256').update(prices).digest('hex').slice(0, HASH_LENGTH)}`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // Not `instanceof Error`: under jest, the errors of node:fs belong to another realm.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
