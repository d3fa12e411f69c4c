import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { describeDeadLetter } from '../../src/aws/sqs/dead-letter-attributes.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { AccessDeniedError } from '../../src/storage/errors.ts';
import { DeafServer } from '../support/deaf-server.ts';
import { SOURCE as REGION, ruleBetween, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo } from '../support/operated/run-s3xrc.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';
import { TerminalSession } from '../support/terminal/session.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const S3XRC = join(PROJECT, 'bin/s3xrc.mjs');
/** The codes that show the cursor again and leave the screen that a watch is drawn on. */
const RESTORED = '\u001b[?25h\u001b[?1049l';

let configuration: string;
/** Working directory and TMPDIR of a session. */
let folder: string;
let provider: ResourceProvider;
let server: AwsServer;

beforeAll(async () => {
  configuration = await mkdtemp(join(tmpdir(), 'session-configuration-'));
  await writeConfiguration(configuration, [ruleBetween('objects', 'restored')]);
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: REGION, resourceProvider: provider.url });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await provider.stop();
  await rm(configuration, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'session-'));
});
afterEach(() => rm(folder, { recursive: true }));

function open(endpoint: string, ...args: readonly string[]): TerminalSession {
  return openWith({}, endpoint, ...args);
}

function openWith(more: NodeJS.ProcessEnv, endpoint: string, ...args: readonly string[]): TerminalSession {
  const env = {
    ...more,
    PATH: process.env['PATH'],
    HOME: folder,
    TMPDIR: folder,
    TERM: 'xterm',
    ...accessTo(endpoint, REGION),
  };
  return new TerminalSession([process.execPath, S3XRC, ...args], { cwd: folder, env, columns: 60, rows: 20 });
}

describe('Ctrl-C while AWS does not respond', () => {
  test.each([
    ['doctor', ['doctor']],
    ['status', ['status']],
    ['status --watch', ['status', '--watch']],
    ['dead-letters list', ['dead-letters', 'list']],
    ['dead-letters redrive', ['dead-letters', 'redrive', '--yes']],
    ['backfill', ['backfill', 'objects', '--yes']],
    ['backfill --dry-run', ['backfill', 'objects', '--dry-run']],
    ['verify', ['verify', 'objects']],
    ['verify --repair', ['verify', 'objects', '--repair', '--yes', '--csv', 'findings.csv', '--progress-bucket', 'p']],
    ['estimate', ['estimate', 's3://bucket/prefix/', '--region', REGION]],
    ['simulate', ['simulate', 's3://bucket/prefix/', '--region', REGION]],
    ['resend', ['resend', REGION]],
    ['remove', ['remove', '--yes']],
    ['archive extract', ['archive', 'extract', 's3://bucket/archive.tar.zst', '--into', 'out']],
    ['archive verify', ['archive', 'verify', 's3://bucket/archive.tar.zst']],
  ])('%s ends with 130, and leaves no process and no file', async (_, args) => {
    const deaf = new DeafServer();
    const configured = args[0] === 'archive' ? [] : ['--configuration', configuration];
    const session = open(await deaf.listen(), ...args, ...configured);
    await deaf.asked;
    session.interrupt();
    const { status, left } = await session.ended;
    deaf.close();
    expect({ status, left, files: await readdir(folder) }).toEqual({ status: 130, left: [], files: [] });
  });
});

test('status --watch draws in 60 columns and 20 rows, and Ctrl-C restores the terminal', async () => {
  const session = open(server.endpoint, 'status', '--watch', '--configuration', configuration);
  await session.shows(/fixed +\$[\d.]+ per month/);
  session.interrupt();
  const { status, left, shown } = await session.ended;
  expect({ status, left, files: await readdir(folder) }).toEqual({ status: 130, left: [], files: [] });
  expect(shown.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(shown.indexOf(RESTORED)).toBe(shown.lastIndexOf(RESTORED));
  expect(shown.slice(shown.indexOf(RESTORED)).replace('^C', '')).toBe(RESTORED);
  const lines = stripVTControlCharacters(shown).split('\r\n');
  expect(lines.filter((line) => line.replace('^C', '').length > 60)).toEqual([]);
  expect(lines.length).toBeLessThanOrEqual(20);
});

/** Whether the output changes the look of text. */
function hasColor(shown: string): boolean {
  return shown.split('\u001b[').some((part, index) => index > 0 && /^[\d;]*m/.test(part));
}

test('a terminal shows problems in color', async () => {
  const { shown } = await open(
    server.endpoint,
    'doctor',
    '--only',
    'machine',
    'regions',
    '--configuration',
    configuration,
  ).ended;
  expect(hasColor(shown)).toBe(true);
});

describe('a terminal of 60 columns', () => {
  const LONG = `${'reports of the northern region/'.repeat(2)}ü 1.json`;

  beforeAll(async () => {
    Object.assign(process.env, accessTo(server.endpoint, REGION));
    const clients = new AwsClients();
    const s3 = clients.s3(REGION);
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    for (const Bucket of ['objects', 'progress']) {
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    }
    await clients.s3(TARGET).send(new CreateBucketCommand({ Bucket: 'restored' }));
    for (const Key of [LONG, 'logs/2.log']) {
      await s3.send(new PutObjectCommand({ Bucket: 'objects', Key, Body: 'a line\n'.repeat(2000) }));
    }
    const sqs = clients.sqs(REGION);
    await sqs.send(new CreateQueueCommand({ QueueName: 'existing' }));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'app-narrow-dead-letters' }));
    const context = { bucket: 'objects', key: LONG };
    const MessageAttributes = describeDeadLetter(
      new AccessDeniedError('S3 answered GetObject with 403. '.repeat(5), { context }),
    );
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}', MessageAttributes }));
    clients.close();
  });

  const places = ['--progress-bucket', 'progress', '--queue-url', 'http://127.0.0.1/123456789012/existing'];

  test.each([
    ['estimate', ['estimate', 's3://objects/', '--region', REGION, '--monthly', '50TB'], /saves|Leave it to S3|Use it/],
    ['status', ['status'], /Fixed cost of all regions/],
    ['doctor', ['doctor', '--only', 'buckets', 'queues', 'stacks', 'configuration'], /unknown\r?$/m],
    ['dead-letters list', ['dead-letters', 'list', '--queue', 'app-narrow-dead-letters'], /STORAGE_ACCESS_DENIED/],
    ['dead-letters show', ['dead-letters', 'show', '--queue', 'app-narrow-dead-letters'], /STORAGE_ACCESS_DENIED/],
    ['verify', ['verify', 'objects', '--not-due', '0s', ...places], /2 missing/],
    ['backfill --dry-run', ['backfill', 'objects', '--dry-run', ...places], /dollars/],
    ['verify --help', ['verify', '--help'], /--destination-inventory/],
    ['archive --help', ['archive', '--help'], /extract/],
  ])('fits every line of %s except text to copy, and NO_COLOR turns colors off', async (_, args, shows) => {
    const configured = args.includes('--help') ? [] : ['--configuration', configuration];
    const { shown } = await openWith({ NO_COLOR: '1' }, server.endpoint, ...args, ...configured).ended;
    expect(shown).toMatch(shows);
    expect(hasColor(shown)).toBe(false);
    // Progress overwrites itself; the terminal wraps notes.
    const lines = stripVTControlCharacters(shown)
      .split('\r\n')
      .map((line) => line.slice(line.lastIndexOf('\r') + 1));
    const copied = /^ +(fix:|key|s3xrc|reports of the northern) |^(key|body|messageId|queue) |^ *\S+$/;
    const notes = /^(Listed with|Requests cost|Not due:) /;
    expect(lines.filter((line) => line.length > 60 && !copied.test(line) && !notes.test(line))).toEqual([]);
  });
});

test('Ctrl-C at the confirmation of a redrive leaves every message in its queue, and visible', async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  process.env['AWS_ENDPOINT_URL'] = server.endpoint;
  const clients = new AwsClients();
  const sqs = clients.sqs(REGION);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'app-rule-dead-letters' }));
  const deadLetterTargetArn = `arn:aws:sqs:${REGION}:123456789012:app-rule-dead-letters`;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
  await sqs.send(new CreateQueueCommand({ QueueName: 'app-rule', Attributes: { RedrivePolicy } }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'given up' }));

  const session = open(
    server.endpoint,
    'dead-letters',
    'redrive',
    '--configuration',
    configuration,
    '--region',
    REGION,
  );
  await session.shows(/\[y\/N\]/);
  session.interrupt();
  const { status, left } = await session.ended;
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  clients.close();
  expect({ status, left, files: await readdir(folder) }).toEqual({ status: 130, left: [], files: [] });
  expect(Attributes).toEqual({ ApproximateNumberOfMessages: '1' });
});
