import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  FUNCTION_NAMES,
  type FunctionName,
  findInvocable,
  INVOCABLE_FUNCTIONS,
} from '../../local-cloud/invocation/functions.ts';
import { InvokeResources } from '../../local-cloud/invocation/invoke-resources.ts';
import { readEvent } from '../../local-cloud/invocation/read-event.ts';
import { makeSampleBody } from '../../local-cloud/invocation/sample-object.ts';
import { installInterfaceClient } from '../../local-cloud/lambda-runtime/interface-client.ts';
import { findInterfaceEmulator } from '../../local-cloud/lambda-runtime/interface-emulator.ts';
import { LambdaRuntime } from '../../local-cloud/lambda-runtime.ts';
import { bundleFunctions } from '../../src/build/bundle-functions.ts';
import { readDeadLetters } from '../../src/cli/demo/pipeline/dead-letters.ts';
import { runInvoke } from '../../src/cli/invoke/run-invoke.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';
import { readArchive } from '../support/archives.ts';
import { expandTemplate } from '../support/templates/expand-template.ts';
import { textOf } from '../support/templates/json.ts';
import { writeWholeExample } from '../support/whole-example.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const EVENTS = join(PROJECT, 'events');
const MINUTES = 60_000;
const OUTBOUND = 's3-cross-region-compressor-111122223333-eu-west-1-outbound';
const INBOUND = 's3-cross-region-compressor-111122223333-us-east-1-inbound';
const QUEUE = 's3-cross-region-compressor-example-documents-a82747f3ed';
const ACKNOWLEDGED = { batchItemFailures: [] };

let bundles: string;
let stage: InvokeResources;
const lines: string[] = [];
/** By function: one process handles all of its events. */
const runtimes = new Map<string, LambdaRuntime>();

beforeAll(async () => {
  await mkdir(join(PROJECT, 'build'), { recursive: true });
  bundles = await mkdtemp(join(PROJECT, 'build', 'invoke-test-'));
  await bundleFunctions(bundles);
  stage = await InvokeResources.start(() => undefined);
  // The first run on a machine installs both, which takes minutes.
  await findInterfaceEmulator(() => undefined);
  await installInterfaceClient(() => undefined);
}, 10 * MINUTES);

afterAll(async () => {
  for (const runtime of runtimes.values()) await runtime.stop();
  await stage.stop();
  await rm(bundles, { recursive: true });
});

beforeEach(() => {
  lines.length = 0;
});

function startRuntime(handler: string, environment: Record<string, string>, timeoutSeconds = 60) {
  const [functionName = ''] = handler.split('.');
  const onLine = (line: string) => lines.push(line);
  return LambdaRuntime.start({ bundles, handler, functionName, memoryMb: 3538, timeoutSeconds, environment, onLine });
}

/** Sends an event file to its function; all tests share the buckets and queues. */
async function send(name: FunctionName, file: string): Promise<unknown> {
  const invocable = findInvocable(name, await readEvent(join(EVENTS, file)), file);
  const event = await stage.prepare(invocable);
  const { target } = invocable;
  const runtime =
    runtimes.get(target.path) ?? (await startRuntime(`${name}.handler`, stage.environmentOf(target), 300));
  runtimes.set(target.path, runtime);
  return runtime.invoke(event);
}

/** Lines of the function's log with this metric. */
function metricsOf(name: string): Record<string, unknown>[] {
  const json = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  return json.filter((line) => line[name] !== undefined);
}

async function keysIn(bucket: string): Promise<string[]> {
  const { s3 } = stage.clients(stage.buckets.get(bucket) ?? '');
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

async function bytesOf(Bucket: string, Key: string): Promise<Buffer> {
  const { s3 } = stage.clients(stage.buckets.get(Bucket) ?? '');
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Objects in the archives that an event produced, by key. */
async function packedBy(file: string): Promise<Map<string, Buffer>> {
  // Absent until the first event has created the bucket.
  const before = stage.buckets.has(OUTBOUND) ? await keysIn(OUTBOUND) : [];
  await expect(send('source', file)).resolves.toEqual(ACKNOWLEDGED);
  const archives = (await keysIn(OUTBOUND)).filter((key) => !before.includes(key));
  const objects = await Promise.all(archives.map(async (key) => readArchive(await bytesOf(OUTBOUND, key), key)));
  return new Map(objects.flat().map(({ object, body }) => [object.key, body]));
}

describe('the source function under the interface emulator', () => {
  test.each([
    ['source-put.json', [['invoices/2026/11/INV-10293.json', 18_412]]],
    ['source-copy.json', [['archive/2025/INV-00017.json', 9_126]]],
    ['source-multipart.json', [['exports/ledger-2026-11-20.csv', 12_587_233]]],
    ['source-unicode-key.json', [['Verträge/C++ Schulung/日本 – Angebot №7 (50%).txt', 2_311]]],
    ['source-eventbridge.json', [['minutes/board meeting 2026-11.txt', 3_500]]],
    [
      'source-batch.json',
      [
        ['invoices/2026/11/INV-10300.json', 6_480],
        ['invoices/2026/11/INV-10301.json', 7_711],
        ['invoices/2026/11/INV-10302.json', 9_422],
      ],
    ],
  ] as const)(
    'packs what %s names, byte for byte',
    async (file, objects) => {
      const packed = await packedBy(file);
      expect([...packed.keys()].toSorted()).toEqual(objects.map(([key]) => key).toSorted());
      for (const [key, size] of objects) expect(packed.get(key)?.equals(makeSampleBody(key, size))).toBe(true);
    },
    MINUTES,
  );

  test('acknowledges a test event and packs nothing', async () => {
    expect(await packedBy('source-test-event.json')).toEqual(new Map());
    expect(await deadLetters(`${QUEUE}-dead-letters`)).toEqual([]);
  });

  test('dead-letters a malformed body, with its reason', async () => {
    expect(await packedBy('source-malformed.json')).toEqual(new Map());
    const [sent] = ((await readEvent(join(EVENTS, 'source-malformed.json'))) as { Records: { body: string }[] })
      .Records;
    expect(await deadLetters(`${QUEUE}-dead-letters`)).toEqual([
      expect.objectContaining({ code: 'MESSAGE_INVALID', reason: 'The message is not JSON', body: sent?.body }),
    ]);
  });
});

async function deadLetters(name: string) {
  const queue = stage.queues.find((candidate) => candidate.name === name);
  if (queue === undefined) throw new Error(`There is no queue ${name}`);
  return readDeadLetters({ name, sqs: stage.clients(queue.region).sqs, url: queue.url });
}

test(
  'the target function restores the archive of target-archive.json and removes it',
  async () => {
    await expect(send('target', 'target-archive.json')).resolves.toEqual(ACKNOWLEDGED);
    expect(await keysIn(INBOUND)).toEqual([]);
    const restored = await keysIn('example-documents-copy');
    expect(restored.map((key) => basename(key))).toEqual(['INV-10300.json', 'INV-10301.json', 'INV-10302.json']);
    for (const key of restored) {
      const body = await bytesOf('example-documents-copy', key);
      expect(body.equals(makeSampleBody(key, body.length))).toBe(true);
    }
    expect(await deadLetters('s3-cross-region-compressor-target-dead-letters')).toEqual([]);
  },
  MINUTES,
);

test(
  'the resend function puts the archive of resend-replication-failure.json again, with the number of resends',
  async () => {
    await expect(send('resend', 'resend-replication-failure.json')).resolves.toEqual(ACKNOWLEDGED);
    const archive = (await keysIn(OUTBOUND)).find((key) =>
      key.endsWith('/20261120T090117437Z-1a7363667859298b6e8a187d10d22de9.tar.zst'),
    );
    const { Metadata = {} } = await stage
      .clients('eu-west-1')
      .s3.send(new HeadObjectCommand({ Bucket: OUTBOUND, Key: archive ?? '' }));
    expect(Metadata).toMatchObject({ 's3xrc-resends': '1' });
    const committed = await readFile(join(EVENTS, 'archives', basename(archive ?? '')));
    expect((await bytesOf(OUTBOUND, archive ?? '')).equals(committed)).toBe(true);
  },
  MINUTES,
);

test(
  'the verify function verifies the rule of verify-rule.json, and does not call young objects missing',
  async () => {
    const event = (await readEvent(join(EVENTS, 'verify-rule.json'))) as object;
    const answer = (await send('verify', 'verify-rule.json')) as { readonly compared: number };
    expect(answer).toMatchObject({ ...event, finished: true, faults: 0 });
    expect(answer.compared).toBeGreaterThan(0);
    expect(lines.join('')).toContain('"Rule verified"');
  },
  MINUTES,
);

test(
  'the watermark function measures the watermark of each rule and region for watermark-clock.json',
  async () => {
    await expect(send('watermark', 'watermark-clock.json')).resolves.toBeNull();
    const { rules } = await loadConfiguration(join(PROJECT, 'configuration'));
    const routes = rules.flatMap(({ source, destinations }) =>
      destinations.map(({ region }) => [source.bucket, region]),
    );
    // The output of a function may arrive after its answer.
    while (metricsOf('WatermarkAgeSeconds').length < routes.length) await nextTurn();
    const marked = metricsOf('WatermarkAgeSeconds').map(({ SourceBucket, TargetRegion }) => [
      SourceBucket,
      TargetRegion,
    ]);
    expect(marked.toSorted()).toEqual(routes.toSorted());
  },
  3 * MINUTES,
);

test(
  'invoke --deletes packs the deletion of source-deletions.json and applies those of target-deletions.json',
  async () => {
    let printed = '';
    const print = (text: string): void => {
      printed += text;
    };
    await runInvoke(['source', join(EVENTS, 'source-deletions.json'), '--deletes'], print);
    expect(printed).toMatch(/"message":"Deletions packed".*"deletions":1/);
    expect(printed).toContain('--- answer: {"batchItemFailures":[]}\n');
    expect(printed).toMatch(new RegExp(`^s3://${OUTBOUND}: 1 object$`, 'm'));
    printed = '';
    const arrivals = ['target-archive.json', 'target-deletions.json'].map((file) => join(EVENTS, file));
    await runInvoke(['target', ...arrivals, '--deletes'], print);
    expect(printed.match(/--- answer: .*/g)).toEqual(Array(2).fill('--- answer: {"batchItemFailures":[]}'));
    expect(printed).toMatch(/^s3:\/\/example-documents-copy: 1 object\n.*INV-10300\.json/m);
    expect(printed).toContain(`s3://${INBOUND}: empty\n`);
    printed = '';
    await runInvoke(['target', ...arrivals], print);
    expect(printed).toMatch(/^s3:\/\/example-documents-copy: 3 objects$/m);
  },
  5 * MINUTES,
);

test(
  'the backfill function queues the objects of backfill-file.json',
  async () => {
    const counts = { listed: 4, queued: 3, archived: 1 };
    await expect(send('backfill', 'backfill-file.json')).resolves.toMatchObject({ finished: true, counts });
    const queue = stage.queues.find(({ name }) => name === `${QUEUE}-backfill`);
    const { Messages = [] } = await stage
      .clients('eu-west-1')
      .sqs.send(new ReceiveMessageCommand({ QueueUrl: queue?.url, MaxNumberOfMessages: 10 }));
    const queued = Messages.flatMap(({ Body = '' }) => parseNotification(Body).created.map(({ key }) => key));
    expect(queued.toSorted()).toEqual([
      'archive/2025/INV-00017.json',
      'invoices/2026/11/INV-10293.json',
      'minutes/board meeting 2026-11.txt',
    ]);
  },
  3 * MINUTES,
);

describe('the deployment function under the interface emulator', () => {
  /** The answer that CloudFormation would get. */
  async function answerTo(file: string): Promise<unknown> {
    await send('deployment', file);
    const answers = stage.answers.takeAnswers();
    expect(answers).toHaveLength(1);
    return JSON.parse(answers[0] ?? '');
  }

  async function notifications() {
    const { s3 } = stage.clients('eu-west-1');
    const Bucket = 'example-documents';
    const { QueueConfigurations = [] } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    return QueueConfigurations.map(({ Id, Filter }) => [Id, Filter?.Key?.FilterRules?.map(({ Value }) => Value) ?? []]);
  }

  async function replicationRules(): Promise<(string | undefined)[]> {
    const { s3 } = stage.clients('eu-west-1');
    const { ReplicationConfiguration } = await s3.send(new GetBucketReplicationCommand({ Bucket: OUTBOUND }));
    return ReplicationConfiguration?.Rules?.map(({ ID }) => ID).toSorted() ?? [];
  }

  const SUCCESS = { Status: 'SUCCESS' };

  test(
    'creates, changes and removes a notification',
    async () => {
      expect(await answerTo('deployment-notification-create.json')).toMatchObject(SUCCESS);
      expect(await notifications()).toEqual([[QUEUE, []]]);
      expect(await answerTo('deployment-notification-update.json')).toMatchObject(SUCCESS);
      expect(await notifications()).toEqual([[QUEUE, ['invoices/']]]);
      expect(await answerTo('deployment-notification-delete.json')).toMatchObject(SUCCESS);
      expect(await notifications()).toEqual([]);
    },
    MINUTES,
  );

  test(
    'creates, changes and removes replication rules',
    async () => {
      const [first, second] = [
        'example-documents-a82747f3ed-us-east-1',
        'example-reports-published-c8985ecdaa-ap-southeast-2',
      ];
      expect(await answerTo('deployment-replication-create.json')).toMatchObject(SUCCESS);
      expect(await replicationRules()).toEqual([first]);
      expect(await answerTo('deployment-replication-update.json')).toMatchObject(SUCCESS);
      expect(await replicationRules()).toEqual([first, second]);
      expect(await answerTo('deployment-replication-delete.json')).toMatchObject(SUCCESS);
      await expect(replicationRules()).rejects.toMatchObject({ name: 'ReplicationConfigurationNotFoundError' });
    },
    MINUTES,
  );

  test(
    'checks buckets on both sides, and returns prices',
    async () => {
      expect(await answerTo('deployment-source-checks-create.json')).toMatchObject(SUCCESS);
      expect(await answerTo('deployment-target-checks-create.json')).toMatchObject(SUCCESS);
      expect(await answerTo('deployment-prices-create.json')).toMatchObject({
        ...SUCCESS,
        Data: { PricesSource: 'prices.json', Prices: expect.stringContaining('us-east-1') },
      });
    },
    MINUTES,
  );
});

describe('a function that fails', () => {
  const HANDLERS = `
    let invocations = 0;
    export async function handler({ doing }) {
      invocations += 1;
      if (doing === 'throw') throw new RangeError('out of range');
      if (doing === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
      if (doing === 'exit') process.exit(3);
      return invocations;
    }`;
  let runtime: LambdaRuntime;

  beforeAll(async () => {
    await writeFile(join(bundles, 'failing.mjs'), HANDLERS);
    await writeFile(join(bundles, 'unloadable.mjs'), "throw new Error('no way in');");
    runtime = await startRuntime('failing.handler', {}, 1);
  });

  afterAll(() => runtime.stop());

  test('by throwing keeps its process', async () => {
    await expect(runtime.invoke({})).resolves.toBe(1);
    await expect(runtime.invoke({ doing: 'throw' })).rejects.toMatchObject({
      code: 'FUNCTION_THREW',
      message: 'failing threw RangeError: out of range',
    });
    await expect(runtime.invoke({})).resolves.toBe(3);
  });

  test.each([
    ['hang', 'FUNCTION_TIMED_OUT', /Task timed out after 1.00 seconds/],
    ['exit', 'FUNCTION_CRASHED', /exit status 3/],
  ])('because of a %s loses its process, and the next event gets a new one', async (doing, code, message) => {
    await expect(runtime.invoke({ doing })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(runtime.invoke({})).resolves.toBe(1);
  });

  test('handles events one after another, however many arrive at once', async () => {
    const answers = await Promise.all([{}, {}, {}].map((event) => runtime.invoke(event)));
    expect(answers.map((answer) => Number(answer) - Number(answers[0]))).toEqual([0, 1, 2]);
  });

  test('to load says why', async () => {
    const unloadable = await startRuntime('unloadable.handler', {}, 5);
    try {
      await expect(unloadable.invoke({})).rejects.toMatchObject({
        code: 'FUNCTION_INIT_FAILED',
        message: 'unloadable could not be initialized: Error: no way in',
      });
    } finally {
      await unloadable.stop();
    }
  });
});

test(
  'npm run invoke prints the log, the response and the contents of buckets and queues afterwards',
  async () => {
    let printed = '';
    await runInvoke(['source', join(EVENTS, 'source-put.json')], (text) => {
      printed += text;
    });
    expect(printed).toMatch(/^START RequestId: /m);
    expect(printed).toMatch(/"message":"Archive packed"/);
    expect(printed).toContain('--- answer: {"batchItemFailures":[]}\n');
    expect(printed).toMatch(
      new RegExp(`^s3://${OUTBOUND}: 1 object\\n  example-documents-a82747f3ed/\\S+  \\d+ bytes$`, 'm'),
    );
    expect(printed).toContain(`sqs ${QUEUE}-dead-letters: empty\n`);
  },
  2 * MINUTES,
);

test(
  'events/env.json has all functions of the example, and only variables that a template declares: `sam local invoke` passes no others',
  async () => {
    const env = JSON.parse(await readFile(join(EVENTS, 'env.json'), 'utf8')) as Record<string, Record<string, string>>;
    const whole = await writeWholeExample(join(bundles, 'whole'));
    const { root, nested } = await expandTemplate(join(whole, 'template.yaml'));
    const declared = new Map<string, { properties: Record<string, unknown>; parameters: Record<string, unknown> }>();
    for (const [stack, { Properties = {} }] of Object.entries(root.Resources)) {
      const url = textOf(Properties['TemplateURL'] ?? '');
      const template = Object.entries(nested).find(([location]) => basename(location) === basename(url))?.[1];
      const parameters = (Properties['Parameters'] ?? {}) as Record<string, unknown>;
      for (const [id, resource] of Object.entries(template?.Resources ?? {})) {
        if (resource.Type !== 'AWS::Lambda::Function') continue;
        declared.set(`${stack}/${id}`, { properties: resource.Properties ?? {}, parameters });
      }
    }
    expect(Object.keys(env).toSorted()).toEqual([...declared.keys()].toSorted());
    for (const [path, { properties }] of declared) {
      const { Variables } = properties['Environment'] as { Variables: Record<string, unknown> };
      expect(Object.keys(Variables)).toEqual(expect.arrayContaining(Object.keys(env[path] ?? {})));
      // For a value that only a deployment knows, SAM passes a placeholder that no function can read.
      const deployed = Object.entries(Variables).filter(
        ([, value]) => typeof value !== 'string' && !mayBeAbsent(value),
      );
      expect(Object.keys(env[path] ?? {})).toEqual(expect.arrayContaining(deployed.map(([variable]) => variable)));
    }
    const commands = [...declared.values()].map(({ properties }) => JSON.stringify(properties['ImageConfig']));
    expect(new Set(commands)).toEqual(
      new Set(FUNCTION_NAMES.map((name) => JSON.stringify({ Command: [`${name}.handler`] }))),
    );
    for (const { name, path, memoryMb, timeoutSeconds } of INVOCABLE_FUNCTIONS) {
      const { properties = {}, parameters = {} } = declared.get(path) ?? {};
      expect([path, properties['ImageConfig']]).toEqual([path, { Command: [`${name}.handler`] }]);
      const limits = ['MemorySize', 'Timeout'].map((limit) =>
        typeof properties[limit] === 'number' ? properties[limit] : parameters[limit],
      );
      expect([path, ...limits]).toEqual([path, memoryMb, timeoutSeconds]);
    }
  },
  2 * MINUTES,
);

/** Omitted by a condition, or always. */
function mayBeAbsent(value: unknown): boolean {
  return JSON.stringify(value).includes('AWS::NoValue');
}
