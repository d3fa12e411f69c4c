import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { type AwsEmulator, EMULATED_ACCOUNT, startAwsEmulator } from '../support/emulator/aws-emulator.ts';
import { operate } from '../support/operated/account.ts';
import { breaksOf, WELL_SETTINGS, wellRule } from '../support/operated/breaks.ts';
import { writeConfiguration } from '../support/operated/configuration.ts';
import { isAsShown, readSessions, type Session } from '../support/readme/session.ts';
import { ShownAccount } from '../support/readme/shown-account.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1' };

/** Milliseconds that a command may take on a busy machine. */
const SLOWEST = 600_000;

const sessions = readSessions(README);
const [verdict, ...operation] = sessions.filter(({ command }) => !command.includes('--problems'));
const tenThings = sessions.find(({ command }) => command.includes('--problems'));
/** Groups of doctor: the README breaks one thing in each. */
const GROUPS = [
  'buckets',
  'keys',
  'functions',
  'repository',
  'queues',
  'replication',
  'archives',
  'verification',
  'alarms',
  'subscriptions',
];

let provider: ResourceProvider;
let server: AwsServer;
let clients: AwsClients;
let account: ShownAccount;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: ENVIRONMENT.AWS_REGION, resourceProvider: provider.url });
  Object.assign(process.env, ENVIRONMENT, { AWS_ENDPOINT_URL: server.endpoint });
  clients = new AwsClients();
  account = new ShownAccount(clients);
  await account.open(folder);
}, 180_000);

afterAll(async () => {
  clients.close();
  await server.stop();
  await provider.stop();
  await rm(folder, { recursive: true });
});

/** The account that a command of the README reads. */
interface Place {
  readonly endpoint: string;
  /** Folder of the configuration. */
  readonly folder: string;
}

/** Runs a command line of the README in a shell, as its reader would. @returns what a terminal would show of it */
async function run(command: string, { endpoint, folder }: Place): Promise<string> {
  const [line = '', pipe] = command.replace(/ +#.*$/, '').split(' | ');
  const configuration = /^npx s3xrc (?:doctor|dead-letters) /.test(`${line} `) ? ` --configuration '${folder}'` : '';
  // A busy machine is slower than doctor expects of an account.
  const patience = line.startsWith('npx s3xrc doctor') ? ' --timeout 600' : '';
  const own = line.replace(/^npx s3xrc /, `'${process.execPath}' '${MAIN}' `) + configuration + patience;
  const script = `{ ${own}; } 2>&1${pipe === undefined ? '' : ` | ${pipe}`}`;
  const env = { PATH: process.env['PATH'], ...ENVIRONMENT, AWS_ENDPOINT_URL: endpoint };
  // The resource provider is in this process, so it must not wait for the command.
  const child = spawn('bash', ['-c', script], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return printed;
}

async function expectAsShown(session: Session, place: Place = { endpoint: server.endpoint, folder }): Promise<void> {
  const printed = await run(session.command, place);
  if (isAsShown(session, printed)) return;
  throw new Error(
    `README.md does not show what \`${session.command}\` prints. Correct its session there, with \`…\` for lines or ends ` +
      `of lines that are left out.\n\nShown:\n${session.lines.join('\n')}\n\nPrinted:\n${printed}`,
  );
}

test("the README's first screen has a session for each question that operators ask", () => {
  expect(README.slice(0, README.indexOf('\n## '))).toContain(operation.at(-1)?.command);
  expect(sessions.map(({ command }) => command.split(' ').slice(2, 4).join(' '))).toEqual([
    'estimate s3://acme/',
    'doctor ',
    'doctor --problems',
    'dead-letters list',
    'dead-letters redrive',
    'archive ls',
    'archive cat',
  ]);
});

test(
  'the verdict in the README matches the printed one',
  () => expectAsShown(verdict ?? { command: 'none', lines: [] }),
  SLOWEST,
);

describe('after objects have become unreadable', () => {
  beforeAll(() => account.breakReading());

  test.each(operation)('$command', (session) => expectAsShown(session), SLOWEST);
});

describe('an account in which ten things are broken', () => {
  let emulator: AwsEmulator;
  let broken: string;

  beforeAll(async () => {
    broken = await mkdtemp(join(tmpdir(), 'readme-broken-'));
    await writeConfiguration(broken, [wellRule('acme', 'acme-copy')], WELL_SETTINGS);
    emulator = await startAwsEmulator();
    const surroundings = process.env;
    process.env = { ...surroundings, AWS_ENDPOINT_URL: emulator.endpoint };
    const others = new AwsClients();
    const configuration = await loadConfiguration(broken);
    await operate({ configuration, account: EMULATED_ACCOUNT, clients: others });
    const [rule] = configuration.rules;
    const all = breaksOf({
      clients: others,
      folder: broken,
      rule: rule?.id ?? '',
      bucket: 'acme',
      copy: 'acme-copy',
    });
    for (const group of GROUPS) await all.find((each) => each.group === group)?.run();
    others.close();
    process.env = surroundings;
  }, SLOWEST);
  afterAll(async () => {
    await emulator.stop();
    await rm(broken, { recursive: true });
  });

  test(
    'doctor names each of them',
    async () => {
      const session = tenThings ?? { command: 'none', lines: [] };
      expect(session.lines.filter((line) => line.startsWith('  FAILURE  '))).toHaveLength(GROUPS.length);
      await expectAsShown(session, { endpoint: emulator.endpoint, folder: broken });
    },
    SLOWEST,
  );
});

describe('a session compared with what was printed', () => {
  const shown = (...lines: readonly string[]): Session => ({ command: 'show', lines });

  test.each([
    ['an identical line', ['ok: 3'], 'ok: 3\n', true],
    ['a different word', ['ok: 3'], 'good: 3\n', false],
    ['a different number', ['ok: 3'], 'ok: 4\n', false],
    ['an additional line', ['ok: 3'], 'ok: 3\nok: 4\n', false],
    ['omitted lines', ['…', 'b', '…'], 'a\na\nb\nc\n', true],
    ['an omitted end of a line', ['a b…'], 'a bc d\n', true],
    ['dollars that are close', ['saves $1,000.00 now'], 'saves $991.00 now\n', true],
    ['dollars that are not', ['saves $1,000.00 now'], 'saves $2,000.00 now\n', false],
    ['dollars with a different sign', ['saves $1.00'], 'saves -$1.00\n', false],
    ['a ratio with a different margin', ['4.00 ±0.05  x'], '4.10 ±0.21    x\n', true],
    ['a ratio that is not close', ['4.00 ±0.05  x'], '5.10 ±0.05  x\n', false],
    ['a different age', ['2 messages, oldest 5 s'], '2 messages, oldest 3 min\n', true],
  ])('%s', (_, lines, printed, expected) => {
    expect(isAsShown(shown(...lines), printed)).toBe(expected);
  });
});
