import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { bundleCommand } from '../../src/build/bundle-command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { buildArchive } from '../support/archives.ts';
import { ruleBetween, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { plainNode } from '../support/operated/plain-node.ts';
import { accessTo } from '../support/operated/run-s3xrc.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SLOWEST = 300_000;
/** Files that the bundle reads at run time. */
const FILES = ['bin', 'configuration', 'docs', 'src/stacks', 'requirements', 'package.json', '.npmrc'];

/** Holds `project`, a checkout without sources and devDependencies, and the files that the commands read. */
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'installed-')));
  const project = join(folder, 'project');
  for (const name of FILES) await cp(join(PROJECT, name), join(project, name), { recursive: true });
  await bundleCommand(join(project, 'build/s3xrc'));
  await linkPackages(join(project, 'node_modules'));
  await mkdir(join(folder, 'objects/logs'), { recursive: true });
  for (const name of ['a', 'b'])
    await writeFile(join(folder, `objects/logs/${name}.log`), `${name} line\n`.repeat(9000));
  const objects = [{ key: 'logs/a.log', body: Buffer.from('an object') }];
  await writeFile(join(folder, 'archive.tar.zst'), buildArchive(objects));
}, SLOWEST);
afterAll(() => rm(folder, { recursive: true }));

/** Links `dependencies` and everything that they depend on, as `npm ci --omit=dev` would install them. */
async function linkPackages(target: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  const installed = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) =>
      /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && dev !== true && devOptional !== true,
  );
  for (const [path] of installed) {
    const place = join(target, path.slice('node_modules/'.length));
    await mkdir(dirname(place), { recursive: true });
    // Optional packages are missing on some systems.
    await symlink(join(PROJECT, path), place).catch(() => undefined);
  }
}

/** The first command lines of a user who has just installed it, with the output of each. */
const LINES: readonly (readonly [readonly string[], RegExp])[] = [
  [['--version'], /^s3xrc \d+\.\d+\.\d+\n$/],
  [['help'], /^Usage: s3xrc <command> \[options\]/],
  [['estimate', 'objects', '--monthly', '50TB'], /^\(all\) +2 [\s\S]*saves \$[\d,.]+ a month/m],
  [['archive', 'ls', 'archive.tar.zst'], /^9 .* {2}logs\/a\.log\n$/m],
  [['archive', 'cat', 'archive.tar.zst', 'logs/a.log'], /^an object$/],
];

/** The account that a command reads, and what it reads there. */
const ACCOUNT = ['--configuration', 'configuration'];
const OWN = ['--progress-bucket', 'progress', '--queue-url', '@queue'];

/**
 * Every command that can run from the bundle, with arguments for an account in which nothing is deployed, the exit status, and what it has
 * to print on either stream.
 */
const STARTED: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
  [['configure', ...ACCOUNT, '--out', 'configuration'], 0, /^Wrote configuration\/template\.yaml and /m],
  [['configure', ...ACCOUNT, '--out', 'configuration', '--check'], 0, /^The configuration is valid/],
  [['deploy', ...ACCOUNT, '--dry-run'], 0, /^1\. us-east-1: receives; nothing deployed yet$/m],
  [
    ['remove', ...ACCOUNT, '--dry-run'],
    0,
    /^Would delete the stacks app and app-registry in eu-west-1, then us-east-1/,
  ],
  [['doctor', ...ACCOUNT, '--only', 'configuration', 'identity', 'stacks', 'buckets'], 0, /unknown$/m],
  [['status', ...ACCOUNT], 0, /^app, .* UTC\n\ns3:\/\/objects\//],
  [['dead-letters', 'list', ...ACCOUNT], 0, /^No dead letters\.$/m],
  [['backfill', 'objects', ...ACCOUNT, ...OWN, '--dry-run'], 0, /^to queue +2 objects/m],
  [['backfill', 'objects', ...ACCOUNT, ...OWN, '--yes'], 0, /^Queued 2 objects/m],
  [['verify', 'objects', ...ACCOUNT, ...OWN, '--not-due', '0s'], 1, /^2 missing: /m],
  [['resend', SOURCE, ...ACCOUNT], 0, /^No archive was given up/],
  [['estimate', 's3://objects/', '--region', SOURCE], 0, /^\(all\) +2 /m],
  [['simulate', 'objects', '--archives', '10', '--monthly', '50TB'], 0, /level/],
  [['archive', 'verify', 's3://objects/archive.tar.zst', '--region', SOURCE], 1, /^error: .*does not exist/],
  [['archive', 'info', 'archive.tar.zst'], 0, /^Objects +1$/m],
  [['completion', 'fish'], 0, /complete -c s3xrc/],
  [['demo'], 1, /^error: s3xrc demo needs a checkout/],
  [['invoke'], 1, /^error: s3xrc invoke needs a checkout/],
];

describe('on plain Node 20, with an account to read', () => {
  let node: string;
  let provider: ResourceProvider;
  let server: AwsServer;
  let queue: string;

  beforeAll(async () => {
    node = await plainNode('20.20.2');
    provider = await startResourceProvider(() => Promise.resolve({}));
    server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
    const configuration = join(folder, 'configuration');
    await mkdir(configuration);
    await writeConfiguration(configuration, [ruleBetween('objects', 'restored')]);
    queue = await fillAccount(server.endpoint);
  }, SLOWEST);
  afterAll(async () => {
    await server.stop();
    await provider.stop();
  });

  test('this list covers every command', () => {
    expect(COMMANDS.map(({ name }) => name).filter((name) => !STARTED.some(([[started]]) => started === name))).toEqual(
      [],
    );
  });

  test.each(STARTED)(
    's3xrc %j',
    async (args, status, says) => {
      const main = join(folder, 'project/build/s3xrc/main.mjs');
      const env = { ...accessTo(server.endpoint, SOURCE), AWS_EC2_METADATA_DISABLED: 'true', HOME: folder };
      const child = spawn(node, [main, ...args.map((word) => (word === '@queue' ? queue : word))], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = once(child, 'close') as Promise<[number | null]>;
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect({ status: (await ended)[0], stdout, stderr }).toEqual({
        status,
        stdout: status === 0 || !says.source.startsWith('^error') ? expect.stringMatching(says) : '',
        stderr: says.source.startsWith('^error') ? expect.stringMatching(says) : expect.not.stringMatching(/^error/m),
      });
      // Neither a stack trace nor a deprecation warning of Node or the SDK.
      expect(stderr).not.toMatch(/^ +at |unexpected:|[Ww]arning/m);
    },
    SLOWEST,
  );
});

/** Creates buckets with two objects that were not replicated. @returns the queue of existing objects */
async function fillAccount(endpoint: string): Promise<string> {
  const shared = { endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const s3 = new S3Client({ ...shared, region: SOURCE, forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: SOURCE } as const;
  for (const Bucket of ['objects', 'progress', `app-${LOCAL_ACCOUNT_ID}-${SOURCE}-failed`]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }
  for (const Key of ['a', 'b'])
    await s3.send(new PutObjectCommand({ Bucket: 'objects', Key, Body: `${Key} line\n`.repeat(9000) }));
  s3.destroy();
  const target = new S3Client({ ...shared, region: TARGET, forcePathStyle: true });
  await target.send(new CreateBucketCommand({ Bucket: 'restored' }));
  target.destroy();
  const sqs = new SQSClient({ ...shared, region: SOURCE });
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'existing' }));
  sqs.destroy();
  return QueueUrl;
}

describe.each(['20.20.2', '22.23.3'])('on plain Node %s, without devDependencies', (version) => {
  let node: string;
  let prefix: string;

  beforeAll(async () => {
    node = await plainNode(version);
    prefix = await mkdtemp(join(folder, 'prefix-'));
  }, SLOWEST);

  test('runs on that version of Node', () => {
    expect(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout).toBe(`v${version}\n`);
  });

  test.each(LINES)(
    'node build/s3xrc/main.mjs %j',
    (args, printed) => {
      const { status, stdout, stderr } = spawnSync(node, [join(folder, 'project/build/s3xrc/main.mjs'), ...args], {
        cwd: folder,
        env: {},
        encoding: 'utf8',
      });
      expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(printed);
    },
    SLOWEST,
  );

  test(
    'npm install -g . puts s3xrc on the PATH',
    async () => {
      const PATH = [dirname(node), process.env['PATH']].join(delimiter);
      // `prepare` writes the bundle, which requires the devDependencies; here the bundle exists.
      const install = spawnSync('npm', ['install', '-g', '--ignore-scripts', '--offline', '--prefix', prefix, '.'], {
        cwd: join(folder, 'project'),
        env: { PATH, HOME: folder },
        encoding: 'utf8',
      });
      expect({ status: install.status, output: install.status === 0 ? '' : install.stderr }).toEqual({
        status: 0,
        output: '',
      });
      expect(await readdir(join(prefix, 'bin'))).toEqual(['s3xrc']);
      for (const [args, printed] of LINES) {
        const env = { PATH: [join(prefix, 'bin'), PATH].join(delimiter) };
        const { status, stdout, stderr } = spawnSync('s3xrc', args, { cwd: folder, env, encoding: 'utf8' });
        expect({ args, status, stderr: withoutProgress(stderr) }).toEqual({ args, status: 0, stderr: '' });
        expect(stdout).toMatch(printed);
      }
    },
    SLOWEST,
  );
});

function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^(?:Reads|Reading|Listing) .*\n/gm, '');
}
