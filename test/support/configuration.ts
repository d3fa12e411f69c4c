import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigurationProblem, InvalidConfigurationError } from '../../src/configuration/errors.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';

export const SETTINGS = {
  stack_name: 'compressor',
  enabled_regions: [
    { region: 'us-west-2', vpc_cidr: '10.0.0.0/16', source_target: ['source', 'target'], availability_zones: 2 },
    { region: 'us-east-1', vpc_cidr: '10.1.0.0/16', source_target: ['target'], availability_zones: 2 },
    { region: 'eu-central-1', vpc_cidr: '10.2.0.0/16', source_target: ['source', 'target'], availability_zones: 2 },
  ],
  notification_emails: ['ops@example.com'],
  tags: { team: 'storage' },
};

/** A rule of the file: `us-west-2/one-bucket` to `eu-central-1/other-bucket`, unless the test overrides it. */
export function ruleEntry(source: object = {}, ...destinations: readonly object[]): object {
  const to = { region: 'eu-central-1', bucket: 'other-bucket' };
  return {
    source: { region: 'us-west-2', bucket: 'one-bucket', ...source },
    destinations: destinations.length === 0 ? [to] : destinations.map((more) => ({ ...to, ...more })),
  };
}

export interface ConfigurationTexts {
  readonly replication: string;
  readonly settings?: string;
}

/** Writes both files to a new directory and loads them. */
export async function loadTexts(
  { replication, settings }: ConfigurationTexts,
  load: typeof loadConfiguration = loadConfiguration,
): Promise<Configuration> {
  const directory = await mkdtemp(join(tmpdir(), 'configuration-'));
  try {
    await writeFile(join(directory, 'settings.json'), settings ?? JSON.stringify(SETTINGS));
    await writeFile(join(directory, 'replication_config.json'), replication);
    return await load(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export function loadRules(rules: readonly unknown[], settings: unknown = SETTINGS): Promise<Configuration> {
  const replication = JSON.stringify({ replication_configuration: rules }, null, 2);
  return loadTexts({ replication, settings: JSON.stringify(settings, null, 2) });
}

/** The problems of the files; empty if they load. */
export async function problemsOf(loading: Promise<Configuration>): Promise<readonly ConfigurationProblem[]> {
  try {
    await loading;
  } catch (thrown) {
    if (thrown instanceof InvalidConfigurationError) return thrown.problems;
    throw thrown;
  }
  return [];
}
