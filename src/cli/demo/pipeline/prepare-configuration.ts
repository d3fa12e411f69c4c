import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Configuration, loadConfiguration, REPLICATION_FILE, SETTINGS_FILE } from '../../../configuration/load.ts';
import { type ReplicationFile, replicationSchema } from '../../../configuration/schema.ts';

export interface PreparedConfiguration extends Configuration {
  /** What the functions are given. */
  readonly directory: string;
}

/**
 * The user's own configuration files, or with a level a copy of them in which every rule has that level.
 * @param copies folder to make the copy in
 * @throws ConfigurationInvalidError
 */
export async function prepareConfiguration(
  original: string,
  level: number | undefined,
  copies: string,
): Promise<PreparedConfiguration> {
  const configuration = await loadConfiguration(original);
  if (level === undefined) return { ...configuration, directory: original };
  const directory = join(copies, 'configuration');
  await mkdir(directory, { recursive: true });
  await copyFile(join(original, SETTINGS_FILE), join(directory, SETTINGS_FILE));
  const file = replicationSchema.parse(JSON.parse(await readFile(join(original, REPLICATION_FILE), 'utf8')));
  await writeFile(join(directory, REPLICATION_FILE), JSON.stringify(withLevel(file, level), null, 2));
  return { ...(await loadConfiguration(directory)), directory };
}

function withLevel(file: ReplicationFile, level: number): ReplicationFile {
  const rules = file.replication_configuration;
  return { ...file, replication_configuration: rules.map((rule) => ({ ...rule, source: { ...rule.source, level } })) };
}
