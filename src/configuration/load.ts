import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ConfigurationInvalidError, type ConfigurationProblem } from './errors.ts';
import type { Destination, ReplicationRule } from './rule.ts';
import { ruleId } from './rule-id.ts';
import { type ReplicationFile, replicationSchema, type SettingsFile, settingsSchema } from './schema.ts';

const MIB = 1024 * 1024;

export const SETTINGS_FILE = 'settings.json';
export const REPLICATION_FILE = 'replication_config.json';

export interface Configuration {
  readonly settings: SettingsFile;
  readonly rules: readonly ReplicationRule[];
}

type RuleEntry = ReplicationFile['replication_configuration'][number];

/**
 * Reads both configuration files of a directory.
 * @throws ConfigurationInvalidError with all problems of both files
 */
export async function loadConfiguration(directory: string): Promise<Configuration> {
  const problems: ConfigurationProblem[] = [];
  const settings = await readPart(directory, SETTINGS_FILE, settingsSchema, problems);
  const replication = await readPart(directory, REPLICATION_FILE, replicationSchema, problems);
  if (settings === undefined || replication === undefined) throw new ConfigurationInvalidError(problems);
  const rules = replication.replication_configuration.map(toRule);
  problems.push(...regionProblems(settings, rules), ...repeatedRules(rules));
  if (problems.length > 0) throw new ConfigurationInvalidError(problems);
  return { settings, rules };
}

async function readPart<T>(
  directory: string,
  file: string,
  schema: z.ZodType<T>,
  problems: ConfigurationProblem[],
): Promise<T | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(directory, file), 'utf8'));
  } catch (cause) {
    problems.push({ file, path: '', message: cause instanceof Error ? cause.message : String(cause) });
    return undefined;
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) problems.push({ file, path: path.join('.'), message });
  return undefined;
}

function toRule({ source, destinations }: RuleEntry): ReplicationRule {
  const identity = {
    region: source.region,
    bucket: source.bucket,
    prefix: source.prefix_filter,
    suffix: source.suffix_filter,
  };
  return {
    id: ruleId(identity),
    source: {
      ...identity,
      ...(source.kms_key_arn === '' ? {} : { kmsKeyArn: source.kms_key_arn }),
      level: source.level,
      maxArchiveBytes: source.max_archive_mib * MIB,
      maxObjectBytes: source.max_object_mib * MIB,
      chain: source.chain,
    },
    destinations: destinations.map(toDestination),
  };
}

function toDestination(destination: RuleEntry['destinations'][number]): Destination {
  return {
    region: destination.region,
    bucket: destination.bucket,
    ...(destination.storage_class === undefined ? {} : { storageClass: destination.storage_class }),
    ...(destination.kms_key_arn === '' ? {} : { kmsKeyArn: destination.kms_key_arn }),
    onConflict: destination.on_conflict,
  };
}

function regionProblems(settings: SettingsFile, rules: readonly ReplicationRule[]): ConfigurationProblem[] {
  const roles = new Map(settings.enabled_regions.map(({ region, source_target }) => [region, source_target]));
  const lacks = (region: string, role: 'source' | 'target', path: string): ConfigurationProblem[] => {
    if (roles.get(region)?.includes(role) === true) return [];
    const message = `region "${region}" has not the role "${role}" in ${SETTINGS_FILE}; add it to that region's source_target`;
    return [{ file: REPLICATION_FILE, path, message }];
  };
  return rules.flatMap(({ source, destinations }, index) => [
    ...lacks(source.region, 'source', `replication_configuration.${index}.source.region`),
    ...destinations.flatMap(({ region }, place) =>
      lacks(region, 'target', `replication_configuration.${index}.destinations.${place}.region`),
    ),
  ]);
}

/** One id for two rules would be one queue for two rules. */
function repeatedRules(rules: readonly ReplicationRule[]): ConfigurationProblem[] {
  return rules.flatMap(({ id }, index) => {
    const first = rules.findIndex((rule) => rule.id === id);
    if (first === index) return [];
    const message = `has the same region, bucket, prefix and suffix as rule ${first}; merge their destinations`;
    return [{ file: REPLICATION_FILE, path: `replication_configuration.${index}.source`, message }];
  });
}
