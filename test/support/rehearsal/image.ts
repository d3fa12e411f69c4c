import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from '../../../src/build/bundle-functions.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder in place of the container image: bundles, the two packages that are not bundled, configuration. */
export interface Image {
  readonly folder: string;
  /** Variables from the Dockerfile. */
  readonly environment: Readonly<Record<string, string>>;
  /** Changes the configuration, like the next build of the image. */
  replaceConfiguration(configuration: string): Promise<void>;
  remove(): Promise<void>;
}

/** @param configuration folder with the JSON files that go into the image */
export async function buildImage(configuration: string): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  const copy = join(folder, 'configuration');
  const replaceConfiguration = (from: string) => cp(from, copy, { recursive: true });
  await Promise.all([
    bundleFunctions(folder),
    symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules')),
    replaceConfiguration(configuration),
  ]);
  const environment = { CONFIGURATION_DIRECTORY: copy };
  return { folder, environment, replaceConfiguration, remove: () => rm(folder, { recursive: true }) };
}
