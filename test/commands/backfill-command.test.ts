import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pLimit from 'p-limit';
import { startAwsServer } from '../../local-cloud/aws-server.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';
import { startAwsEmulator } from '../support/emulator/aws-emulator.ts';
import { SOURCE as REGION, ruleBetween, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc, startS3xrc } from '../support/operated/run-s3xrc.ts';

const OBJECTS = 1500;
const keys = Array.from({ length: OBJECTS }, (_, index) => `in/${index % 7}/ü ${index}`);

interface Queued {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
}

/** Milliseconds by which the first message may be late on a slow machine. */
const SLACK = 500;

/** Milliseconds from the first message to the last. */
function spanOf(messages: readonly Queued[]): number {
  const times = messages.map(({ queuedAt }) => queuedAt);
  return Math.max(...times) - Math.min(...times);
}

// Thousands of objects are written one by one, and commands are slowed down on purpose.
jest.setTimeout(600_000);

/** Two servers for S3 and SQS that share no code. */
describe.each([
  ['moto', () => startAwsServer({ region: REGION })],
  ['ministack', startAwsEmulator],
])('s3xrc backfill on %s', (_, start) => {
  let server: { readonly endpoint: string; stop(): Promise<void> };
  let folder = '';
  let s3: S3Client;
  let sqs: SQSClient;
  let rule = '';
  let queueUrl = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backfill-command-'));
    await writeConfiguration(folder, [ruleBetween('objects', 'restored', { prefix_filter: 'in/' })]);
    rule = (await loadConfiguration(folder)).rules[0]?.id ?? '';
    server = await start();
    const access = {
      endpoint: server.endpoint,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    s3 = new S3Client({ ...access, forcePathStyle: true });
    sqs = new SQSClient(access);
    for (const Bucket of ['objects', 'progress']) {
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
    }
    await pLimit(16).map(['elsewhere', ...keys], (Key) =>
      s3.send(new PutObjectCommand({ Bucket: 'objects', Key, Body: Key })),
    );
    await s3.send(new PutObjectCommand({ Bucket: 'objects', Key: 'in/cold', Body: 'x', StorageClass: 'GLACIER' }));
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'existing' }))).QueueUrl ?? '';
  });
  afterAll(async () => {
    s3.destroy();
    sqs.destroy();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const argumentsOf = (more: readonly string[]): readonly string[] => {
    const places = ['--configuration', folder, '--queue-url', queueUrl, '--progress-bucket', 'progress'];
    return ['backfill', 'objects', ...places, ...more];
  };
  const begin = (...args: readonly string[]): ReturnType<typeof startS3xrc> =>
    startS3xrc(argumentsOf(args), { env: accessTo(server.endpoint) });
  const s3xrc = (...args: readonly string[]): Promise<Outcome> =>
    runS3xrc(argumentsOf(args), { env: accessTo(server.endpoint) });

  async function waiting(): Promise<number> {
    const names = ['ApproximateNumberOfMessages'] as const;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  async function receiveAll(): Promise<Queued[]> {
    const found: Queued[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        // Hidden for the rest of the test: a slow machine takes longer than the queue's own 30 seconds.
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 }),
      );
      if (Messages.length === 0) return found;
      for (const { Body = '' } of Messages) {
        const { Records } = JSON.parse(Body) as { readonly Records: readonly [{ readonly queuedAt: string }] };
        const queuedAt = Date.parse(Records[0].queuedAt);
        found.push(...parseNotification(Body).created.map(({ key }) => ({ key, queuedAt })));
      }
    }
  }

  async function checkpoint(): Promise<{ finished: boolean; counts: { queued: number } }> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'progress', Key: `${rule}/backfill.json` }));
    return JSON.parse((await Body?.transformToString()) ?? '') as Awaited<ReturnType<typeof checkpoint>>;
  }

  test('first prints what it would queue, and queues nothing', async () => {
    const { status, stdout } = await s3xrc('--dry-run');
    expect(status).toBe(0);
    expect(stdout).toContain('to queue   1,500 objects');
    expect(stdout).toContain('archived   1 in GLACIER');
    const json = JSON.parse((await s3xrc('--dry-run', '--json', '--prefix', 'in/3/')).stdout) as object;
    expect(json).toMatchObject({ objects: keys.filter((key) => key.startsWith('in/3/')).length, archived: {} });
    expect(await waiting()).toBe(0);
  });

  test('asks before it queues', async () => {
    const { status, stderr } = await s3xrc();
    expect(status).toBe(2);
    expect(stderr).toContain('Queue 1,500 objects of s3://objects? There is no terminal to answer on: add --yes.');
    expect(await waiting()).toBe(0);
  });

  test('stops at Ctrl-C, resumes where it stopped, keeps to its rate and queues nothing twice', async () => {
    const wanted = keys.filter((key) => key.startsWith('in/3/'));
    const child = begin('--yes', '--rate', '25/s', '--prefix', 'in/3/');
    child.stdout.resume();
    const said = text(child.stderr);
    const ended = once(child, 'exit') as Promise<[number]>;
    while (child.exitCode === null && (await waiting()) < 50) await delay(50);
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(await said).toMatch(/\d+ objects queued so far; --resume continues from there/);
    const { counts, finished } = await checkpoint();
    expect([counts.queued, finished]).toEqual([await waiting(), false]);

    expect((await s3xrc('--resume', '--rate', '25/s')).status).toBe(0);
    const messages = await receiveAll();
    expect(messages.map(({ key }) => key).toSorted()).toEqual(wanted.toSorted());
    const first = messages.toSorted((left, right) => left.queuedAt - right.queuedAt).slice(0, counts.queued);
    // All chunks except the first wait for one second each.
    expect(spanOf(first)).toBeGreaterThanOrEqual(1000 * (counts.queued / 25 - 1) - SLACK);
  });

  test('stays within a limit on bytes per hour', async () => {
    const [smallest, ...others] = keys.filter((key) => key.startsWith('in/4/')).map((key) => Buffer.byteLength(key));
    const bytes = others.reduce((sum, size) => sum + size, smallest ?? 0);
    // A thousand bytes per second.
    expect((await s3xrc('--yes', '--prefix', 'in/4/', '--max-bytes-per-hour', '3600KB')).status).toBe(0);
    const messages = await receiveAll();
    expect(messages).toHaveLength(others.length + 1);
    // Except for the last chunk of ten objects, which causes no wait.
    expect(spanOf(messages)).toBeGreaterThanOrEqual(bytes - 10 * 16 - SLACK);
  });

  test('refuses to start while another process does the same work, and finishes that work once the process has ended', async () => {
    const wanted = keys.filter((key) => key.startsWith('in/5/'));
    // Ten objects in ten seconds: it runs for longer than the others need to start.
    const child = begin('--yes', '--rate', '1/s', '--prefix', 'in/5/');
    child.stdout.resume();
    child.stderr.resume();
    const ended = once(child, 'exit') as Promise<[number]>;
    while (child.exitCode === null && (await waiting()) < 10) await delay(50);
    for (const args of [['--resume'], ['--yes', '--restart']]) {
      const { status, stderr } = await s3xrc(...args);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(
            `Another backfill of rule ${rule} is in progress: .*, process ${child.pid ?? ''}, runs it and renews its lease, now until 20`,
          ),
        ),
      ]);
    }
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect((await s3xrc('--resume')).status).toBe(0);
    const messages = await receiveAll();
    expect(messages.map(({ key }) => key).toSorted()).toEqual(wanted.toSorted());
  });

  test('names a damaged inventory, and resumes before the damaged file once it is fixed', async () => {
    const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: 'progress', Key, Body }));
    const row = (key: string): string =>
      ['objects', encodeURIComponent(key), '9', '2026-11-23T10:00:00.000Z', 'e', 'STANDARD']
        .map((field) => `"${field}"`)
        .join(',');
    const [first = '', second = ''] = [keys.slice(0, 20), keys.slice(20, 30)].map((some) => some.map(row).join('\n'));
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const manifest = JSON.stringify({
      sourceBucket: 'objects',
      destinationBucket: 'arn:aws:s3:::progress',
      creationTimestamp: '1795600000000',
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass',
      files: [first, second].map((text, index) => ({ key: `csv/${index}.csv`, MD5checksum: md5(text) })),
    });
    const inventory = ['--inventory', 's3://progress/csv/manifest.json'];
    await put('csv/0.csv', `${first}\n"cut of`);
    await put('csv/1.csv', second);
    await put('csv/manifest.json', manifest.slice(0, -9));
    expect((await s3xrc('--yes', ...inventory)).stderr).toContain(
      'is not the manifest of an S3 Inventory: it is not valid JSON',
    );
    await put('csv/manifest.json', manifest);
    const damaged = await s3xrc('--yes', ...inventory);
    expect([damaged.status, damaged.stderr]).toEqual([1, expect.stringContaining('csv/0.csv is not a line of CSV')]);
    // It queued nothing, so it does not block the next one.
    await put('csv/0.csv', first);
    await put('csv/1.csv', second.replaceAll('in', 'im'));
    const half = await s3xrc('--yes', ...inventory);
    expect(half.status).toBe(1);
    expect(half.stderr).toMatch(/csv\/1\.csv has MD5 .*/);
    expect(half.stderr).toContain('To continue, restore the file that S3 delivered, and add --resume');
    expect((await s3xrc('--resume', '--inventory', 's3://progress/other/manifest.json')).stderr).toContain(
      '--resume continues to read what the interrupted run read, s3://progress/csv/manifest.json',
    );
    await put('csv/1.csv', second);
    expect((await s3xrc('--resume')).status).toBe(0);
    const queued = (await receiveAll()).map(({ key }) => key).filter((key) => key.startsWith('in/'));
    expect(queued.toSorted()).toEqual(keys.slice(0, 30).toSorted());
  });

  test('queues the rest with --resume after being killed', async () => {
    const child = begin('--yes', '--rate', '100/s');
    child.stdout.resume();
    child.stderr.resume();
    const ended = once(child, 'exit');
    // Wait for the first checkpoint with content, after five seconds; that of an earlier run is finished.
    const isUnderWay = async (): Promise<boolean> => {
      try {
        const { finished, counts } = await checkpoint();
        return !finished && counts.queued > 0;
      } catch (thrown) {
        if (thrown instanceof NoSuchKey) return false;
        throw thrown;
      }
    };
    while (child.exitCode === null && !(await isUnderWay())) await delay(50);
    child.kill('SIGKILL');
    await ended;
    const left = await checkpoint();
    expect(left.finished).toBe(false);
    expect(left.counts.queued).toBeLessThan(OBJECTS);
    const before = await waiting();

    const again = await s3xrc('--yes');
    expect(again.status).toBe(2);
    expect(again.stderr).toMatch(/was interrupted after \d+ objects: add --resume/);

    const resumed = await s3xrc('--resume', '--json');
    expect(resumed.status).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      rule,
      queued: OBJECTS,
      listed: OBJECTS + 1,
      archived: 1,
      archivedClasses: { GLACIER: 1 },
    });
    expect(resumed.stderr).toContain('not queued (GLACIER): in/cold');
    const queued = await receiveAll();
    expect(new Set(queued.map(({ key }) => key))).toEqual(new Set(keys));
    // Only what was queued after the last checkpoint comes twice; the server may have accepted some of the calls in flight.
    const expected = before + OBJECTS - left.counts.queued;
    expect(queued.length).toBeGreaterThanOrEqual(expected);
    expect(queued.length).toBeLessThanOrEqual(expected + 100);
    expect((await checkpoint()).finished).toBe(true);
    expect((await s3xrc('--resume')).stdout).toBe('The last backfill is complete.\n');
  });
});
