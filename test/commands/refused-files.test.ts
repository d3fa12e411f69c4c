import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { buildArchive } from '../support/archives.ts';
import { ruleBetween, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc } from '../support/operated/run-s3xrc.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const SLOWEST = 120_000;
/** A user who may write only what everybody may. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let server: AwsServer;
let clients: AwsClients;
/** Everybody may read it; nobody may write to `locked`, `file` is a file, `folder` a folder. */
let folder: string;
let archive: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refused-'));
  await chmod(folder, 0o755);
  for (const name of ['folder', 'locked', 'objects', 'configuration', 'broken']) await mkdir(join(folder, name));
  await chmod(join(folder, 'locked'), 0o555);
  await writeFile(join(folder, 'file'), 'a file');
  await mkdir(join(folder, 'broken/settings.json'));
  await writeConfiguration(join(folder, 'configuration'), [ruleBetween('objects', 'restored')]);
  for (const name of ['a', 'b'])
    await writeFile(join(folder, 'objects', `${name}.log`), `a line of ${name}\n`.repeat(200_000));
  archive = join(folder, 'archive.tar.zst');
  const objects = Array.from({ length: 40 }, (_, index) => ({ key: `${index}`, body: Buffer.alloc(65_536, index) }));
  await writeFile(archive, buildArchive(objects));
  server = await startAwsServer({ region: SOURCE });
  Object.assign(process.env, accessTo(server.endpoint, SOURCE));
  clients = new AwsClients();
  await fill();
}, SLOWEST);
afterAll(async () => {
  clients.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** An object in an archived class that is missing at the destination, and a dead letter. */
async function fill(): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: SOURCE } as const;
  for (const Bucket of ['objects', 'progress']) {
    await clients.s3(SOURCE).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }
  await clients.s3(TARGET).send(new CreateBucketCommand({ Bucket: 'restored' }));
  const cold = { Bucket: 'objects', Key: 'cold', Body: 'x', StorageClass: 'GLACIER' } as const;
  await clients.s3(SOURCE).send(new PutObjectCommand(cold));
  await clients.s3(SOURCE).send(new PutObjectCommand({ Bucket: 'objects', Key: 'warm', Body: 'x' }));
  const sqs = clients.sqs(SOURCE);
  await sqs.send(new CreateQueueCommand({ QueueName: 'existing' }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'app-rule-dead-letters' }));
  const deadLetterTargetArn = `arn:aws:sqs:${SOURCE}:${LOCAL_ACCOUNT_ID}:app-rule-dead-letters`;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
  await sqs.send(new CreateQueueCommand({ QueueName: 'app-rule', Attributes: { RedrivePolicy } }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'given up' }));
}

function s3xrc(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  // Paths in the test's folder are written as `@name`.
  const placed = args.map((argument) => argument.replace(/^@/, `${folder}/`));
  const env = { ...accessTo(server.endpoint, SOURCE), HOME: folder, ...more };
  return runS3xrc(placed, { env, cwd: folder, ...NOBODY });
}

const CONFIGURED = ['--configuration', '@configuration'];
const SCAN = [...CONFIGURED, '--queue-url', 'QUEUE', '--progress-bucket', 'progress', '--restart', '--yes'];
/** Commands that write a file, without its name. */
const FILES: readonly (readonly [string, readonly string[]])[] = [
  ['dead-letters discard --save', ['dead-letters', 'discard', '--yes', ...CONFIGURED, '--region', SOURCE, '--save']],
  ['backfill --archived', ['backfill', 'objects', ...SCAN, '--archived']],
  ['verify --csv', ['verify', 'objects', ...SCAN, '--not-due', '0s', '--csv']],
];
const FOLDERS: readonly (readonly [string, readonly string[]])[] = [
  ['configure --out', ['configure', ...CONFIGURED, '--out']],
  ['archive extract --into', ['archive', 'extract', '@archive.tar.zst', '--into']],
];

const withQueue = (args: readonly string[]): string[] =>
  args.map((argument) => (argument === 'QUEUE' ? `${server.endpoint}/${LOCAL_ACCOUNT_ID}/existing` : argument));

/** One line that says what is wrong, and no stack. */
function expectRefusal({ status, stderr }: Outcome, reason: RegExp): void {
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^error: [^\n]+\n$/m) });
  expect(stderr).toMatch(reason);
  expect(stderr).not.toMatch(/unexpected:|^ +at /m);
}

describe.each(FILES)('%s', (_, args) => {
  test.each([
    ['a folder that does not exist', '@no/such/file', /error: .*no such file or folder/],
    ['a folder', '@folder', /error: .*it is a folder, not a file/],
    ['a path through a file', '@file/below', /error: .*part of the path is a file, not a folder/],
    ['a read-only folder', '@locked/file', /error: .*permission denied/],
    ['a full disk', '/dev/full', /error: \/dev\/full: no space left on the device/],
  ])(
    'says that it cannot write to %s',
    async (_name, path, reason) => {
      expectRefusal(await s3xrc([...withQueue(args), path]), reason);
    },
    SLOWEST,
  );
});

describe.each(FOLDERS)('%s', (_, args) => {
  test.each([
    ['a file', '@file', /error: .*(?:already exists|a file, not a folder)/],
    ['a path through a file', '@file/below', /error: .*part of the path is a file, not a folder/],
    ['a read-only folder', '@locked', /error: .*permission denied/],
  ])(
    'says that it cannot write to %s',
    async (_name, path, reason) => {
      expectRefusal(await s3xrc([...args, path]), reason);
    },
    SLOWEST,
  );
});

describe('a file in place of a folder, and a folder in place of a file', () => {
  test.each([
    ['archive ls', ['archive', 'ls', '@folder'], /folder is not a file\. Name one archive/],
    ['archive cat', ['archive', 'cat', '@folder', 'key'], /folder is not a file\. Name one archive/],
    ['archive verify', ['archive', 'verify', '@no/such'], /no such file or folder/],
    ['estimate', ['estimate', '@no/such'], /does not exist; name a folder/],
    ['simulate', ['simulate', '@no/such'], /does not exist; name a folder/],
    ['status', ['status', '--configuration', '@file'], /The configuration has 2 problems:/],
    ['doctor', ['doctor', '--configuration', '@broken'], /The configuration has 2 problems:/],
    ['configure', ['configure', '--check', '--configuration', '@no/such'], /The configuration has 2 problems:/],
  ] as const)(
    '%s says so in one line',
    async (_, args, reason) => {
      const { status, stderr } = await s3xrc(args);
      expect([1, 2]).toContain(status);
      expect(stderr).toMatch(reason);
      expect(stderr).not.toMatch(/unexpected:|^ +at /m);
    },
    SLOWEST,
  );
});

describe('without credentials', () => {
  test.each([
    [['status', ...CONFIGURED]],
    [['dead-letters', 'list', ...CONFIGURED]],
    [['resend', SOURCE, ...CONFIGURED]],
    [['remove', '--yes', ...CONFIGURED]],
    [['backfill', 'objects', '--yes', ...CONFIGURED]],
    [['verify', 'objects', ...CONFIGURED]],
    [['estimate', 's3://objects/']],
    [['simulate', 's3://objects/']],
    [['archive', 'ls', 's3://objects/warm']],
  ])(
    '%j says how to get them',
    async (args) => {
      const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
      const { status, stderr, stdout } = await s3xrc(args, none);
      expect(status).toBe(1);
      expect(`${stderr}${stdout}`).toMatch(/credentials/i);
      expect(stderr).not.toMatch(/unexpected:|^ +at /m);
    },
    SLOWEST,
  );
});

/** Runs a line in a shell in which s3xrc is a function; `$NODE $MAIN` starts it elsewhere. */
function shell(line: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const start = `'${process.execPath}' '${MAIN}'`;
  const script = `set -o pipefail; s3xrc() { ${start} "$@"; }; ${line}`;
  const env = { PATH: process.env['PATH'], HOME: folder, NODE: process.execPath, MAIN };
  return spawnSync('bash', ['-c', script], { env, cwd: folder, encoding: 'utf8' });
}

describe('a reader that stops early', () => {
  test.each([
    's3xrc help | head -n 1',
    's3xrc completion bash | head -n 1',
    's3xrc archive ls archive.tar.zst | head -n 1',
    's3xrc archive ls archive.tar.zst --json | head -n 1',
    's3xrc archive cat archive.tar.zst 3 | head -c 1 | tr "\\3" x',
    's3xrc estimate objects --json | head -n 1',
    's3xrc configure --configuration configuration --out folder | head -n 1',
    's3xrc estimate objects 2>&1 | head -n 1',
    's3xrc archive ls missing.tar.zst 2>&1 | true; [ $? -le 1 ]',
  ])(
    '%s exits with 0 and prints no error',
    (line) => {
      const { status, stderr } = shell(line);
      expect({ status, stderr: stderr.replaceAll(/^(?:Reads|Reading|Listing) .*\n/gm, '') }).toEqual({
        status: 0,
        stderr: '',
      });
    },
    SLOWEST,
  );

  test.each(['s3xrc help', 's3xrc archive cat archive.tar.zst 3', 's3xrc archive ls archive.tar.zst'])(
    '%s says that standard output is full',
    (line) => {
      expect(shell(`${line} > /dev/full`)).toMatchObject({
        status: 1,
        stderr: 'error: standard output: no space left on the device\n',
      });
    },
    SLOWEST,
  );
});

/** Whether this system lets users mount a file system, to fill it. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

if (canMount()) {
  test.each([
    ['archive extract', '"$NODE" "$MAIN" archive extract archive.tar.zst --into full'],
    ['configure --out', '"$NODE" "$MAIN" configure --configuration configuration --out full'],
  ])(
    '%s says that the disk is full, and leaves no partial object',
    async (_, command) => {
      await mkdir(join(folder, 'full'), { recursive: true });
      // Five pages: one for each folder and file, and less than an object.
      const inside = `mount -t tmpfs -o size=20k tmpfs full && ${command}; status=$?; find full -type f -size -64k; exit $status`;
      const { status, stdout, stderr } = shell(
        `unshare --map-root-user --mount bash -c '${inside.replaceAll("'", "'\\''")}'`,
      );
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(/no space left on the device\n$/),
      });
      if (command.includes('extract')) expect(stdout).toBe('');
      expect(await readdir(join(folder, 'full'))).toEqual([]);
    },
    SLOWEST,
  );
}
