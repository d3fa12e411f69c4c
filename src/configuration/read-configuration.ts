import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { checkCycles } from './checks/cycles.ts';
import { checkEvents } from './checks/events.ts';
import { checkLocations } from './checks/locations.ts';
import { checkNetworks } from './checks/networks.ts';
import { checkRegions } from './checks/regions.ts';
import { checkRules } from './checks/rules.ts';
import { type DeployedRule, makeDeployedRule } from './deployed-rule.ts';
import { type ConfigurationProblem, InvalidConfigurationError } from './errors.ts';
import { describeShape } from './schema/describe-shape.ts';
import { type ConfigurationDraft, draftConfiguration } from './schema/draft.ts';
import { replicationNode, type SchemaNode, settingsNode } from './schema/json-schema.ts';
import { JsonSyntaxError, type JsonText } from './schema/json-text.ts';
import { locateProblem, REPLICATION_FILE, SETTINGS_FILE, type UnlocatedProblem } from './schema/locate-problem.ts';
import { replicationSchema, type SettingsFile, settingsSchema } from './schema/schema.ts';

export interface Configuration {
  readonly settings: SettingsFile;
  readonly rules: readonly DeployedRule[];
}

interface FileFormat<T> {
  readonly name: UnlocatedProblem['file'];
  readonly schema: z.ZodType<T>;
  /** Needed only to explain problems; the functions do without it, since they would load it at each cold start. */
  readonly node: () => SchemaNode;
}

/** A file as far as it could be read: without JSON if it could not be parsed, without `data` if its shape is wrong. */
interface ReadFile<T> {
  readonly name: UnlocatedProblem['file'];
  readonly json?: JsonText;
  readonly data?: T;
  readonly problems: readonly ConfigurationProblem[];
}

type ReadJson = (text: string) => JsonText;

/** The files and their schemas. */
const SETTINGS = { name: SETTINGS_FILE, schema: settingsSchema, node: settingsNode } as const;
const REPLICATION = { name: REPLICATION_FILE, schema: replicationSchema, node: replicationNode } as const;

/**
 * Reads and checks both configuration files of a directory.
 * @throws InvalidConfigurationError with all problems of both files
 */
export async function readConfiguration(directory: string, readJson: ReadJson): Promise<Configuration> {
  const settings = await readPart(directory, SETTINGS, readJson);
  const replication = await readPart(directory, REPLICATION, readJson);
  const findings = checkAcross(draftConfiguration(settings.json?.value, replication.json?.value));
  const problems = [settings, replication].flatMap((file) => allProblems(file, findings));
  if (problems.length > 0 || settings.data === undefined || replication.data === undefined) {
    throw new InvalidConfigurationError(problems);
  }
  return { settings: settings.data, rules: replication.data.replication_configuration.map(makeDeployedRule) };
}

async function readPart<T>(
  directory: string,
  { name, schema, node }: FileFormat<T>,
  readJson: ReadJson,
): Promise<ReadFile<T>> {
  let json: JsonText;
  try {
    json = readJson(await readFile(join(directory, name), 'utf8'));
  } catch (error) {
    const position = error instanceof JsonSyntaxError ? error.position : {};
    const message = error instanceof Error ? error.message : String(error);
    return { name, problems: [{ file: name, path: '', ...position, message }] };
  }
  const { success, data, error } = schema.safeParse(json.value);
  if (success) return { name, json, data, problems: [] };
  const findings = describeShape(name, json.value, error, node());
  return { name, json, problems: findings.map((finding) => locateProblem(finding, json)) };
}

/** Checks that need more than one key. */
function checkAcross(draft: ConfigurationDraft): UnlocatedProblem[] {
  return [
    ...checkRegions(draft.regions ?? []),
    ...checkNetworks(draft),
    ...checkLocations(draft),
    ...checkRules(draft.rules),
    ...checkEvents(draft.rules),
    ...checkCycles(draft.rules),
  ];
}

/** The problems of one file, from top to bottom. For a value that cannot be read, one problem is enough. */
function allProblems(
  { name, json, problems }: ReadFile<unknown>,
  findings: readonly UnlocatedProblem[],
): ConfigurationProblem[] {
  if (json === undefined) return [...problems];
  const located = findings.filter(({ file }) => file === name).map((finding) => locateProblem(finding, json));
  const unreadable = new Set(problems.map(({ path }) => path));
  return [...problems, ...located.filter(({ path }) => !unreadable.has(path))].toSorted(
    (left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
  );
}
