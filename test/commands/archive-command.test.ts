import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAwsServer } from '../../local-cloud/aws-server.ts';
import { buildArchive } from '../support/archives.ts';
import { startAwsEmulator } from '../support/emulator/aws-emulator.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const REGION = 'eu-west-1';
const OBJECTS = 10_000;
const wanted = { key: 'dir/3/file4003.json', body: Buffer.from(JSON.stringify({ number: 4003 })) };
const hostile = { key: '../../escape', body: Buffer.from('kept inside') };

let folder = '';
let file = '';
let archive: Buffer;
/** A copy of `archive` whose first frame is damaged. */
let damaged: Buffer;

interface Outcome {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the real command in a separate process, with only the given environment. */
function s3xrc(...args: readonly string[]): Outcome {
  return s3xrcWith({}, ...args);
}

function s3xrcWith(more: Readonly<Record<string, string>>, ...args: readonly string[]): Outcome {
  const env = { PATH: process.env['PATH'], ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { env, maxBuffer: 1 << 28 });
  return { status, stdout, stderr: stderr.toString() };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-command-'));
  file = join(folder, 'archive.tar.zst');
  const objects = Array.from({ length: OBJECTS }, (_, number) => ({
    key: `dir/${number % 10}/file${number}.json`,
    body: Buffer.from(JSON.stringify({ number })),
  }));
  const large = { key: 'large.bin', body: Buffer.alloc(20 * 1024 * 1024, 'large') };
  archive = buildArchive([...objects, hostile, large]);
  await writeFile(file, archive);
  damaged = Buffer.from(archive);
  damaged.fill(0xff, 40, 44);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Two S3 servers that share no code. Ministack checks no permissions in this setup. */
describe.each([
  ['moto', () => startAwsServer({ region: REGION })],
  ['ministack', startAwsEmulator],
])('s3xrc archive with an object in S3 on %s', (_, start) => {
  const url = 's3://archives/rule/a b.tar.zst';
  let server: { readonly endpoint: string; stop(): Promise<void> };
  let access: Readonly<Record<string, string>>;

  beforeAll(async () => {
    server = await start();
    access = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const s3 = new S3Client({
      endpoint: server.endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await s3.send(new CreateBucketCommand({ Bucket: 'archives', CreateBucketConfiguration }));
    await s3.send(new PutObjectCommand({ Bucket: 'archives', Key: 'rule/a b.tar.zst', Body: archive }));
    await s3.send(new PutObjectCommand({ Bucket: 'archives', Key: 'rule/damaged.tar.zst', Body: damaged }));
    const cold = { Bucket: 'archives', Key: 'cold.tar.zst', Body: archive, StorageClass: 'GLACIER' } as const;
    await s3.send(new PutObjectCommand(cold));
    s3.destroy();
  }, 120_000);
  afterAll(() => server.stop());

  const run = (...args: readonly string[]): Outcome => s3xrcWith(access, 'archive', ...args);

  test('extracts one of ten thousand objects with three ranged reads', () => {
    const { status, stdout, stderr } = run('cat', url, wanted.key, '--debug');
    expect({ status, body: stdout.toString() }).toEqual({ status: 0, body: wanted.body.toString() });
    expect(stderr.match(/^read /gm)).toHaveLength(3);
  });

  test('prints the same for the object in S3 as for the file', () => {
    const names = (text: Buffer): string => text.toString().replaceAll(file, url);
    expect(run('ls', url)).toMatchObject({ status: 0, stdout: s3xrc('archive', 'ls', file).stdout });
    expect(names(run('info', url, '--json').stdout)).toBe(names(s3xrc('archive', 'info', file, '--json').stdout));
  }, 120_000);

  test('verifies it', () => {
    const verified = run('verify', url);
    expect(verified).toMatchObject({ status: 0, stderr: '' });
    expect(verified.stdout.toString()).toMatch(/^ok: 10,002 objects, .* checksums match\n$/);
  });

  test('extracts objects from it', async () => {
    const into = join(await mkdtemp(join(folder, 'of-s3-')), 'out');
    expect(run('extract', url, hostile.key, 'large.bin', '--into', into).status).toBe(0);
    expect(await readFile(join(into, '%2E%2E/%2E%2E/escape'))).toEqual(hostile.body);
    expect((await readFile(join(into, 'large.bin'))).equals(Buffer.alloc(20 * 1024 * 1024, 'large'))).toBe(true);
  });

  test('names what is damaged in it', () => {
    const { status, stdout } = run('verify', 's3://archives/rule/damaged.tar.zst', '--json');
    const result = JSON.parse(stdout.toString()) as { good: number; damaged: object[] };
    expect(status).toBe(1);
    expect(result.damaged.length).toBeGreaterThan(0);
    expect(result.good + result.damaged.length).toBe(OBJECTS + 2);
  });

  test.each([
    ['s3://archives/none', 1, /does not exist/],
    ['s3://no-such-bucket/none', 1, /no-such-bucket/],
    ['s3://archives/cold.tar.zst', 1, /InvalidObjectState|GLACIER/],
  ])('says in one line why it cannot read %s', (unreadable, expected, message) => {
    const { status, stdout, stderr } = run('ls', unreadable);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });
});

describe('s3xrc archive with a file', () => {
  test('lists, describes and verifies a file', () => {
    const keys = s3xrc('archive', 'ls', file, '--json').stdout.toString().trim().split('\n');
    expect(keys.map((line) => (JSON.parse(line) as { key: string }).key)).toContain(hostile.key);
    expect(keys).toHaveLength(OBJECTS + 2);
    const info = JSON.parse(s3xrc('archive', 'info', file, '--json').stdout.toString()) as Record<string, unknown>;
    expect(info).toMatchObject({ format: 'seekable', objects: OBJECTS + 2, archiveBytes: archive.length });
    const verified = s3xrc('archive', 'verify', file);
    expect(verified).toMatchObject({ status: 0, stderr: '' });
    expect(verified.stdout.toString()).toMatch(/^ok: 10,002 objects, .* checksums match\n$/);
  });

  test('extracts objects into the folder, and nothing outside it', async () => {
    const into = join(folder, 'a/b/out');
    expect(s3xrc('archive', 'extract', file, hostile.key, 'large.bin', '--into', into).status).toBe(0);
    expect(await readFile(join(into, '%2E%2E/%2E%2E/escape'))).toEqual(hostile.body);
    expect((await readFile(join(into, 'large.bin'))).equals(Buffer.alloc(20 * 1024 * 1024, 'large'))).toBe(true);
  });

  test('names each object of a damaged frame, reads the others and exits with 1', async () => {
    const broken = join(folder, 'damaged.tar.zst');
    await writeFile(broken, damaged);
    const { status, stdout } = s3xrc('archive', 'verify', broken, '--json');
    const result = JSON.parse(stdout.toString()) as { good: number; damaged: { key: string }[] };
    expect(status).toBe(1);
    expect(result.damaged.length).toBeGreaterThan(0);
    expect(result.good + result.damaged.length).toBe(OBJECTS + 2);
  });

  test.each([
    [['archive', 'cat', 'FILE', 'dir/3/file4003.jsn'], 2, /did you mean "dir\/3\/file4003\.json"/],
    [['archive', 'ls', 'FOLDER'], 1, /is not a file/],
    [['archive', 'ls', 'FOLDER/none'], 1, /no such file or folder/],
    [['archive', 'ls', 's3://archives'], 2, /write s3:\/\/bucket\/key/],
    [['archive', 'ls', 'FILE', '--jsn'], 2, /--jsn/],
    [['archive', 'peek', 'FILE'], 2, /peek/],
  ])('says what is wrong with %j in one line, without a stack trace', (args, expected, message) => {
    const given = args.map((arg) => arg.replace('FILE', file).replace('FOLDER', folder));
    const { status, stdout, stderr } = s3xrc(...given);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: [^\n]+\n(Try: s3xrc archive --help\n)?$/);
  });
});

test('bash accepts the completion script, which completes subcommands', () => {
  const script = s3xrc('completion', 'bash').stdout.toString();
  const probe = `${script}\nCOMP_WORDS=(s3xrc archive ver); COMP_CWORD=2; _s3xrc; echo "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', probe]);
  expect({ out: stdout.toString(), err: stderr.toString() }).toEqual({ out: 'verify\n', err: '' });
});
