import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployedRule } from '../../../configuration/deployed-rule.ts';
import { loadConfiguration } from '../../../configuration/load.ts';
import { PRICE_FILE } from '../../../configuration/prices/price-file.ts';
import type { Configuration } from '../../../configuration/read-configuration.ts';
import { REPLICATION_FILE, SETTINGS_FILE } from '../../../configuration/schema/locate-problem.ts';
import { type ReplicationFile, replicationSchema } from '../../../configuration/schema/schema.ts';

/** The demo's options for the rules. */
export interface RuleChanges {
  readonly level?: number;
  /** MiB of the largest object that the functions accept. */
  readonly largestMebibytes?: number;
  /** Replicates deletions to every destination, regardless of the files. */
  readonly replicatesDeletes?: true;
}

export interface PreparedConfiguration extends Configuration {
  /** The configuration for the functions. */
  readonly directory: string;
  /** The rules as the user wrote them. */
  readonly written: readonly DeployedRule[];
}

/**
 * The user's own configuration files, or a copy of them in which every rule is changed according to the options.
 * @param copies folder to make the copy in
 * @throws InvalidConfigurationError
 */
export async function prepareConfiguration(
  original: string,
  changes: RuleChanges,
  copies: string,
): Promise<PreparedConfiguration> {
  const configuration = await loadConfiguration(original);
  const { rules: written } = configuration;
  if (Object.keys(changes).length === 0) return { ...configuration, directory: original, written };
  const directory = join(copies, 'configuration');
  await mkdir(directory, { recursive: true });
  for (const name of [SETTINGS_FILE, PRICE_FILE]) await copyFile(join(original, name), join(directory, name));
  const file = replicationSchema.parse(JSON.parse(await readFile(join(original, REPLICATION_FILE), 'utf8')));
  await writeFile(join(directory, REPLICATION_FILE), JSON.stringify(changeRules(file, changes), null, 2));
  return { ...(await loadConfiguration(directory)), directory, written };
}

function changeRules(file: ReplicationFile, changes: RuleChanges): ReplicationFile {
  const { level, largestMebibytes, replicatesDeletes } = changes;
  const rules = file.replication_configuration.map((rule) => {
    const { source, destinations } = rule;
    const limits =
      largestMebibytes === undefined
        ? {}
        : {
            max_object_mib: largestMebibytes,
            // So that an archive beyond the target's limit is also beyond that of the source's function.
            max_archive_mib: Math.min(largestMebibytes, source.max_archive_mib),
          };
    const deletes = replicatesDeletes === true ? { deletes: 'replicate' as const } : {};
    return {
      ...rule,
      source: { ...source, ...(level === undefined ? {} : { level }), ...limits, ...deletes },
      destinations: destinations.map((destination) => ({ ...destination, ...deletes })),
    };
  });
  return { ...file, replication_configuration: rules };
}
