import type { Configuration } from '../configuration/load.ts';
import { SamConfigConflictError } from './errors.ts';

const OPENING =
  '# >>> Written by `npm run configure`: up to the closing line everything but image_repository is made anew.';
const CLOSING = '# <<< Everything outside these two lines is yours.';

const NEW_FILE = `# Settings of the SAM CLI. \`sam deploy --config-env REGION\` takes the tables of one region.
version = 0.1
`;

/**
 * The text of samconfig.toml: one set of tables a region, and one for `sam deploy --guided`. What stands outside our two
 * marker lines stays as it is, and so does an `image_repository` that somebody has put into one of our tables.
 * @param existing the file as it is; undefined when there is none
 * @throws SamConfigConflictError when a table of ours stands outside the markers
 */
export function writeSamConfig({ settings }: Configuration, existing?: string): string {
  const { before, block, after } = splitFile(existing ?? NEW_FILE);
  const repositories = readRepositories(block);
  const regions = settings.enabled_regions.map(({ region }) => region);
  const tables = [
    renderTable('default.build.parameters', { cached: true, parallel: true }),
    ...[undefined, ...regions].flatMap((region) => environmentTables(settings, region, repositories)),
  ];
  refuseSecondTables(`${before}\n${after}`, tables);
  return `${before.trimEnd()}\n\n${OPENING}\n${tables.join('\n')}${CLOSING}\n${after}`;
}

type Value = string | boolean | readonly string[];

function environmentTables(
  { stack_name, tags }: Configuration['settings'],
  region: string | undefined,
  repositories: ReadonlyMap<string, string>,
): string[] {
  const environment = region ?? 'default';
  const repository = repositories.get(environment);
  return [
    renderTable(`${environment}.global.parameters`, {
      stack_name,
      ...(region === undefined ? {} : { region }),
    }),
    renderTable(`${environment}.deploy.parameters`, {
      capabilities: 'CAPABILITY_IAM CAPABILITY_AUTO_EXPAND',
      resolve_s3: true,
      s3_prefix: stack_name,
      confirm_changeset: false,
      fail_on_empty_changeset: false,
      // Not said, CloudFormation would keep the value of the deployment before.
      parameter_overrides: 'Stage=all',
      ...(Object.keys(tags).length === 0 ? {} : { tags: Object.entries(tags).map(renderTag) }),
      ...(repository === undefined ? {} : { image_repository: repository }),
    }),
  ];
}

function renderTable(name: string, values: Readonly<Record<string, Value>>): string {
  // TOML's basic strings escape as JSON's do.
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  return `[${name}]\n${lines.join('')}`;
}

/** As the SAM CLI takes tags apart: quotes around what may have spaces. */
function renderTag([name, value]: readonly [string, string]): string {
  const [quotedName, quotedValue] = [name, value].map((text) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  return `"${quotedName}"="${quotedValue}"`;
}

function splitFile(text: string): { before: string; block: string; after: string } {
  const start = text.indexOf(OPENING);
  const end = text.indexOf(CLOSING);
  if (start === -1 || end < start) return { before: text, block: '', after: '' };
  const rest = text.slice(end + CLOSING.length);
  return { before: text.slice(0, start), block: text.slice(start, end), after: rest.replace(/^\r?\n/, '') };
}

/** `image_repository` by environment. */
function readRepositories(block: string): Map<string, string> {
  const repositories = new Map<string, string>();
  let environment = '';
  for (const line of block.split('\n')) {
    environment = /^\[([^.\]]+)\.deploy\.parameters\]/.exec(line)?.[1] ?? environment;
    const repository = /^image_repository\s*=\s*"([^"]+)"/.exec(line)?.[1];
    if (repository !== undefined) repositories.set(environment, repository);
  }
  return repositories;
}

/** TOML refuses a table that stands twice, and we do not guess which one is meant. */
function refuseSecondTables(outside: string, tables: readonly string[]): void {
  const ours = new Set(tables.map((table) => table.slice(0, table.indexOf('\n'))));
  const second = outside.split('\n').find((line) => ours.has(line.trim()));
  if (second === undefined) return;
  throw new SamConfigConflictError(
    `samconfig.toml has a table ${second.trim()} outside the lines of \`npm run configure\`, which writes that table itself. Move its settings into another table, or remove it.`,
    { context: { table: second.trim() } },
  );
}
