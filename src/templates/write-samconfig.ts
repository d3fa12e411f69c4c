import type { Configuration } from '../configuration/read-configuration.ts';
import { SamConfigConflictError } from './errors.ts';
import { readTables, type TomlTable } from './toml-tables.ts';

const OPENING_MARK = '# >>> Written by `npm run configure`';
const OPENING = `${OPENING_MARK}. Up to the closing line, it keeps unknown settings but no comments.`;
const CLOSING = '# <<< Everything outside these two lines is yours.';

const NEW_FILE = `# Settings of the SAM CLI. \`sam deploy --config-env REGION\` uses the tables of one region.
version = 0.1
`;

/** Last: `sam deploy --guided` adds settings to the end of the other tables, and what follows the last one is outside our lines. */
const LAST_TABLE = 'default.build.parameters';

/** Where the functions' images are pushed to: one of the two. */
const REPOSITORY = 'image_repository';
const REPOSITORIES = 'image_repositories';

type Settings = Configuration['settings'];
type Value = string | boolean | readonly string[];

/** What we write into a table. */
interface OwnTable {
  readonly name: string;
  /** Always written as here. */
  readonly own: Readonly<Record<string, Value>>;
  /** Written as here unless the user has changed it. */
  readonly initial?: Readonly<Record<string, Value>>;
}

/**
 * The text of samconfig.toml: one set of tables per region, and one for `sam deploy --guided`. What is outside our two
 * marker lines stays as it is, and so does each setting in our tables that the configuration does not determine.
 * @param existing the file as it is; undefined when there is none
 * @param repositories where images are pushed to, by region; replaces what the file says of these regions
 * @throws SamConfigConflictError when a table of ours is outside the markers
 */
export function writeSamConfig(
  { settings }: Configuration,
  existing?: string,
  repositories: ReadonlyMap<string, string> = new Map(),
): string {
  const { before, block, after } = splitFile(existing ?? NEW_FILE);
  const found = readTables(block);
  const regions = settings.enabled_regions.map(({ region }) => region);
  const tables: OwnTable[] = [
    ...environmentTables(settings, 'default', found),
    ...regions.flatMap((region) => environmentTables(settings, region, found, repositories.get(region))),
    { name: LAST_TABLE, own: {}, initial: { cached: true, parallel: true } },
  ];
  const names = tables.map(({ name }) => name);
  refuseSecondTables(`${before}\n${after}`, names);
  const others = [...found].filter(([name]) => !names.includes(name) && !isEnvironmentTable(name));
  const rendered = tables.map((table) =>
    renderTomlTable(table.name, mergeTable(table, found.get(table.name) ?? new Map())),
  );
  const ours = [...others.map(([name, table]) => renderTomlTable(name, [...table.values()])), ...rendered].join('\n');
  return `${before.trimEnd()}\n\n${OPENING}\n${ours}${CLOSING}\n${after}`;
}

/** Whether a region's tables themselves say where each image goes: `sam deploy --guided` writes that. */
export function hasOwnRepositories(samConfig: string, region: string): boolean {
  return readTables(samConfig).get(`${region}.deploy.parameters`)?.has(REPOSITORIES) ?? false;
}

function environmentTables(
  { stack_name, tags }: Settings,
  environment: string,
  found: ReadonlyMap<string, TomlTable>,
  repository?: string,
): OwnTable[] {
  const region = environment === 'default' ? {} : { region: environment };
  const name = `${environment}.deploy.parameters`;
  return [
    { name: `${environment}.global.parameters`, own: { stack_name, ...region } },
    {
      name,
      own: {
        capabilities: 'CAPABILITY_IAM CAPABILITY_AUTO_EXPAND',
        s3_prefix: stack_name,
        // Without it, CloudFormation would keep the value of the previous deployment. Spelled as `sam deploy --guided`
        // does.
        parameter_overrides: 'Stage="all"',
        ...(Object.keys(tags).length === 0 ? {} : { tags: Object.entries(tags).map(renderTag) }),
        ...(repository === undefined ? {} : { [REPOSITORY]: repository }),
        // `sam deploy --guided` repeats the region here, where it would take precedence over ours.
        ...(found.get(name)?.has('region') === true ? region : {}),
      },
      initial: { resolve_s3: true, confirm_changeset: false, fail_on_empty_changeset: false },
    },
  ];
}

/** Keys that only the configuration decides: what it no longer has is removed from the file. */
const OF_THE_CONFIGURATION = new Set(['stack_name', 'tags']);

/** The existing settings in their order, then those of ours that are new. */
function mergeTable({ own, initial = {} }: OwnTable, found: TomlTable): string[] {
  const kept = [...found].filter(([key]) => key in own || !OF_THE_CONFIGURATION.has(key));
  const missing = Object.entries({ ...initial, ...own }).filter(([key]) => !found.has(key));
  return [
    ...kept.map(([key, text]) => {
      const value = own[key];
      return value === undefined ? text : renderSetting(key, value);
    }),
    ...missing.map(([key, value]) => renderSetting(key, value)),
  ];
}

function renderTomlTable(name: string, settings: readonly string[]): string {
  return `[${name}]\n${settings.map((setting) => `${setting}\n`).join('')}`;
}

/** TOML's basic strings escape as JSON's do. */
function renderSetting(key: string, value: Value): string {
  return `${key} = ${JSON.stringify(value)}`;
}

/** As the SAM CLI parses tags: with quotes around texts that may have spaces. */
function renderTag([name, value]: readonly [string, string]): string {
  return `"${name}"="${value}"`;
}

/** Whether we wrote the table for a region, which may be gone from the configuration. */
function isEnvironmentTable(name: string): boolean {
  return /\.(?:global|deploy)\.parameters$/.test(name);
}

function splitFile(text: string): { before: string; block: string; after: string } {
  const start = text.indexOf(OPENING_MARK);
  const end = text.indexOf(CLOSING);
  if (start === -1 || end < start) return { before: text, block: '', after: '' };
  const rest = text.slice(end + CLOSING.length);
  return { before: text.slice(0, start), block: text.slice(start, end), after: rest.replace(/^\r?\n/, '') };
}

/** TOML refuses a table that is defined twice, and we do not guess which one is meant. */
function refuseSecondTables(outside: string, names: readonly string[]): void {
  const second = [...readTables(outside).keys()].find((name) => names.includes(name));
  if (second === undefined) return;
  throw new SamConfigConflictError(
    `samconfig.toml has a table [${second}] outside the lines of \`npm run configure\`, which writes that table itself. Move its settings into another table, or remove it.`,
    { context: { table: second } },
  );
}
