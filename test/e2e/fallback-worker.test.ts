import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createQueuePair, type QueuePair } from '../../local-cloud/pipeline/queue-pair.ts';
import { createRegionClients, destroyRegionClients, type RegionClients } from '../../local-cloud/region-clients.ts';
import { WorkerTask } from '../../local-cloud/worker-service/worker-task.ts';
import { SqsMessageQueue } from '../../src/aws/sqs/message-queue.ts';
import { SqsWorkSource } from '../../src/aws/sqs/work-source.ts';
import { bundleFunctions } from '../../src/build/bundle-functions.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import { WorkInterruptedError } from '../../src/worker/errors.ts';
import { runWorker } from '../../src/worker/run-worker.ts';
import { s3Notification } from '../support/notifications.ts';
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts';
import { RecordingWorkerTelemetry } from '../support/worker-bench.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CONFIGURATION = join(PROJECT, 'configuration');
const REGION = 'eu-west-1';
const OUTBOUND = 'outbound-bucket';
const PROGRESS = 'progress-bucket';
const VISIBILITY_SECONDS = 2;

let server: AwsServer;
let clients: RegionClients;
let folder: string;
let rule: ReplicationRule;
let queue: QueuePair;
/** An S3 that never answers: its caller stays in the middle of its work as long as the test needs. */
let silence: RecordingServer;
const tasks: WorkerTask[] = [];
let pairs = 0;

beforeAll(async () => {
  // Inside the project, because the bundles find their native packages in its node_modules.
  await mkdir(join(PROJECT, 'build'), { recursive: true });
  folder = await mkdtemp(join(PROJECT, 'build', 'fallback-test-'));
  server = await startAwsServer({ region: REGION });
  clients = createRegionClients(REGION, server.endpoint);
  await bundleFunctions(folder);
  const { rules } = await loadConfiguration(CONFIGURATION);
  const [first] = rules;
  if (first === undefined) throw new Error('The example configuration has no rule');
  rule = first;
  for (const Bucket of [rule.source.bucket, OUTBOUND, PROGRESS])
    await clients.s3.send(new CreateBucketCommand({ Bucket }));
});

beforeEach(async () => {
  pairs += 1;
  queue = await createQueuePair(clients.sqs, `fallback-${pairs}`, {
    visibilitySeconds: VISIBILITY_SECONDS,
    maxReceiveCount: 5,
  });
  silence = await startRecordingServer();
  silence.script('stall');
});

afterEach(async () => {
  for (const task of tasks.splice(0)) {
    task.kill();
    await task.ended;
  }
  await silence.stop();
});

afterAll(async () => {
  destroyRegionClients(clients);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Puts an object into the rule's bucket, and its event into the fallback queue, once or several times. */
async function announceObject(key: string, times = 1): Promise<void> {
  const { bucket } = rule.source;
  const body = `The text of ${key}`;
  const { ETag = '' } = await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  const event = s3Notification({ bucket, key, size: body.length, etag: ETag.replaceAll('"', '') });
  for (let sent = 0; sent < times; sent += 1) {
    await clients.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: event }));
  }
}

interface TaskPlace {
  /** Endpoint of its storage. */
  readonly s3?: string;
  readonly configuration?: string;
}

/** Starts the real worker. */
function startTask({ s3 = server.endpoint, configuration = CONFIGURATION }: TaskPlace = {}): {
  task: WorkerTask;
  lines: string[];
} {
  const lines: string[] = [];
  const task = new WorkerTask({
    bundle: join(folder, 'fallback.mjs'),
    onLine: (line) => lines.push(line),
    environment: {
      FALLBACK_ROLE: 'source',
      TASK_CPU: '2048',
      TASK_MEMORY: '4096',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ENDPOINT_URL_S3: s3,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      CONFIGURATION_DIRECTORY: configuration,
      RULE_ID: rule.id,
      OUTBOUND_BUCKET: OUTBOUND,
      PROGRESS_BUCKET: PROGRESS,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetters.url,
      MAX_RECEIVES: '5',
      VISIBILITY_TIMEOUT: String(VISIBILITY_SECONDS),
      IDLE_EXIT_SECONDS: '1',
    },
  });
  tasks.push(task);
  return { task, lines };
}

/** The task's exit status. @throws Error with its output if it failed */
async function outcomeOf({ task, lines }: ReturnType<typeof startTask>): Promise<unknown> {
  const { status, signal } = await task.ended;
  if (status !== 0) throw new Error(`status ${status}, signal ${signal}:\n${lines.join('\n')}`);
  return status;
}

async function receive(seconds = 0): Promise<Message | undefined> {
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      WaitTimeSeconds: seconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  );
  return Messages[0];
}

/** Number of messages in both queues, in any state. */
async function leftOver(): Promise<number> {
  let sum = 0;
  for (const QueueUrl of [queue.url, queue.deadLetters.url]) {
    const { Attributes = {} } = await clients.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    for (const count of Object.values(Attributes)) sum += Number(count);
  }
  return sum;
}

async function archives(): Promise<number> {
  const { KeyCount = 0 } = await clients.s3.send(new ListObjectsV2Command({ Bucket: OUTBOUND }));
  return KeyCount;
}

test('packs the objects in its queue, and ends when the queue is empty', async () => {
  const before = await archives();
  await announceObject('plain.txt');
  expect(await outcomeOf(startTask())).toBe(0);
  expect(await archives()).toBe(before + 1);
  expect(await leftOver()).toBe(0);
});

test('packs a small object into one archive per message about it, and leaves no message', async () => {
  const before = await archives();
  await announceObject('thrice.txt', 3);
  expect(await outcomeOf(startTask())).toBe(0);
  expect(await archives()).toBe(before + 3);
  expect(await leftOver()).toBe(0);
});

test('requeues its work within seconds of SIGTERM, without counting a receive', async () => {
  await announceObject('reclaimed.txt');
  const { task } = startTask({ s3: silence.endpoint });
  await silence.received(1);
  const begun = performance.now();
  expect(await task.reclaim()).toEqual({ status: 0, signal: null });
  expect(performance.now() - begun).toBeLessThan(10_000);
  const message = await receive();
  expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
});

test('receives no message if SIGTERM arrives during startup', async () => {
  await announceObject('not-begun.txt');
  // A named pipe instead of a file: the task waits for it in the middle of its start.
  const configuration = await mkdtemp(join(folder, 'slow-'));
  await cp(CONFIGURATION, configuration, { recursive: true });
  const slow = join(configuration, 'settings.json');
  await rm(slow);
  await promisify(execFile)('mkfifo', [slow]);
  const { task, lines } = startTask({ configuration });
  const pipe = await open(slow, 'w');
  const reclaimed = task.reclaim();
  await pipe.writeFile(await readFile(join(CONFIGURATION, 'settings.json')));
  await pipe.close();
  expect(await reclaimed).toEqual({ status: 0, signal: null });
  expect(lines.join('\n')).toContain('"why":"stopped","messages":0');
  expect((await receive())?.Attributes?.ApproximateReceiveCount).toBe('1');
});

test('loses nothing when it is killed: the message becomes visible again and another task does the work', async () => {
  const before = await archives();
  await announceObject('killed.txt');
  const { task } = startTask({ s3: silence.endpoint });
  await silence.received(1);
  task.kill();
  expect((await task.ended).signal).toBe('SIGKILL');
  expect(await leftOver()).toBe(1);
  expect(await archives()).toBe(before);
  expect(await outcomeOf(startTask())).toBe(0);
  expect(await archives()).toBe(before + 1);
  expect(await leftOver()).toBe(0);
});

test('keeps a message hidden for several times its visibility timeout', async () => {
  await announceObject('long.txt');
  const ports = { client: clients.sqs, queueUrl: queue.url };
  const failures: unknown[] = [];
  const begun = Promise.withResolvers<QueueMessage>();
  const end = Promise.withResolvers<undefined>();
  const stop = new AbortController();
  const options = {
    source: new SqsWorkSource(ports),
    queue: new SqsMessageQueue({
      ...ports,
      deadLetterQueueUrl: queue.deadLetters.url,
      onFailure: (error) => failures.push(error),
    }),
    slots: [
      async (message: QueueMessage) => {
        begun.resolve(message);
        await end.promise;
        return { batchItemFailures: [] };
      },
    ],
    telemetry: new RecordingWorkerTelemetry(),
    clock: {
      now: () => performance.now(),
      sleep: (milliseconds: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          signal.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
          });
        }),
    },
    random: Math.random,
    visibilitySeconds: VISIBILITY_SECONDS,
    idleExitSeconds: 0,
  };
  const run = runWorker(options, stop.signal);
  await begun.promise;
  // Polls longer than the message would stay hidden without extensions.
  expect(await receive(2 * VISIBILITY_SECONDS + 1)).toBeUndefined();
  stop.abort(new WorkInterruptedError('The test is over'));
  end.resolve(undefined);
  expect(await run).toBe('stopped');
  expect(failures).toEqual([]);
  expect(await leftOver()).toBe(0);
});
