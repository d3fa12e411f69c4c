import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { FunctionHost } from '../../local-cloud/function-host.ts';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { backfillQueueName, ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';
import { generateInventory, type InventoryRow } from '../support/generated-inventory.ts';
import { at } from '../support/invariants.ts';
import { hostFunction } from '../support/rehearsal/deployed-function.ts';
import { buildImage, type Image } from '../support/rehearsal/image.ts';
import { lintDefinition, motoDefinition, stateMachineDefinition } from '../support/state-machine/definition.ts';
import { type Interpreter, startInterpreter } from '../support/state-machine/start-interpreter.ts';
import { expandTemplate } from '../support/templates/expand-template.ts';
import { type CreatedResource, instantiate } from '../support/templates/instantiate.ts';
import { textOf } from '../support/templates/json.ts';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const CONFIGURATION = fileURLToPath(new URL('../../configuration', import.meta.url));
const MINUTES = 60_000;
const REGION = 'eu-west-1';
/** moto's. */
const ACCOUNT = '123456789012';
const PROGRESS = `app-${ACCOUNT}-${REGION}-progress`;
const SETTINGS = {
  stack_name: 'app',
  enabled_regions: [
    {
      region: REGION,
      vpc_cidr: '10.0.0.0/16',
      source_target: ['source'],
      availability_zones: 2,
      inventory_buckets: ['inventories'],
    },
    { region: 'us-east-1', vpc_cidr: '10.1.0.0/16', source_target: ['target'], availability_zones: 2 },
  ],
};
const RULES = {
  replication_configuration: [
    {
      source: { region: REGION, bucket: 'objects', prefix_filter: 'in/' },
      destinations: [{ region: 'us-east-1', bucket: 'restored' }],
    },
  ],
};
const TIME = Date.UTC(2026, 10, 23, 10);

function row(key: string, more: Partial<InventoryRow> = {}): InventoryRow {
  return { key, size: 100, lastModified: TIME, etag: `etag-${key.length}`, ...more };
}

/** 2,400 rows, of which 2,100 have to be queued. */
function rowsOf(name: string): InventoryRow[] {
  return Array.from({ length: 2400 }, (_, index) => {
    if (index % 8 !== 7) return row(`in/${name}/ü+%2F ${index}`);
    return (
      [
        row(`elsewhere/${index}`),
        row(`in/cold ${index}`, { storageClass: 'GLACIER' }),
        row(`in/deleted ${index}`, { isDeleteMarker: true }),
        row(`in/${name}/old ${index}`, { isLatest: false }),
      ][((index - 7) / 8) % 4] ?? row('in/never')
    );
  });
}

let folder = '';
let image: Image;
let stateMachine: CreatedResource;
let host: FunctionHost;
let interpreter: Interpreter;
let s3: S3Client;
let sqs: SQSClient;
let states: SFNClient;
let queueUrl = '';
/** Payloads that the function received, in order. */
const invocations: { readonly file: { readonly key: string }; readonly position?: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-machine-'));
  await cp(join(CONFIGURATION, 'prices.json'), join(folder, 'prices.json'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
  const configuration = await loadConfiguration(folder);
  await writeDeploymentFiles(await makeDeploymentFiles(configuration, folder), folder);
  const [template, built, started] = await Promise.all([
    expandTemplate(join(folder, 'template.yaml')),
    buildImage(folder),
    startInterpreter((payload) => {
      invocations.push(payload as (typeof invocations)[number]);
      return host.invoke(payload);
    }),
  ]);
  [image, interpreter] = [built, started];
  const resources = instantiate(template, REGION);
  const named = (path: string): CreatedResource =>
    resources.find((resource) => resource.path === path) ?? { path, type: '', dependsOn: [], properties: {} };
  stateMachine = named('BackfillEuWest1/StateMachine');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const access = { endpoint: interpreter.endpoint, region: REGION, credentials };
  host = hostFunction(
    // A minute and two seconds: the function stops its file after two seconds, and is invoked again.
    { ...named('BackfillEuWest1/Function').properties, Timeout: 62 },
    { region: REGION, arn: 'arn', image, endpoint: interpreter.endpoint, credentials, onLine: () => undefined },
  );
  s3 = new S3Client({ ...access, forcePathStyle: true });
  sqs = new SQSClient(access);
  states = new SFNClient(access);
  for (const Bucket of ['inventories', PROGRESS]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  }
  const name = backfillQueueName(ruleResourceName('app', configuration.rules[0]?.id ?? ''));
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? '';
  const definition = stateMachineDefinition(stateMachine, {
    '<Function.Arn>': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:app-backfill`,
    '<SourceEuWest1.Outputs.ProgressBucket>': PROGRESS,
  });
  await states.send(
    new CreateStateMachineCommand({
      name: textOf(at(stateMachine, 'StateMachineName') ?? ''),
      definition: motoDefinition(definition),
      roleArn: `arn:aws:iam::${ACCOUNT}:role/role`,
    }),
  );
}, 10 * MINUTES);

afterAll(async () => {
  for (const client of [s3, sqs, states]) client.destroy();
  await Promise.all([host.stop(), interpreter.stop(), image.remove()]);
  await rm(folder, { recursive: true });
}, MINUTES);

afterEach(() => {
  invocations.length = 0;
});

async function deliver(
  name: string,
  format: 'CSV' | 'Parquet',
  damage: (files: Record<string, Uint8Array>) => void,
): Promise<string> {
  const place = { bucket: 'objects', fileBucket: 'inventories', folder: `objects/${name}/data`, format, fileRows: 800 };
  const { manifest, files } = generateInventory(rowsOf(name), place);
  const delivered = { ...files };
  damage(delivered);
  const key = `objects/${name}/manifest.json`;
  for (const [Key, Body] of Object.entries({ ...delivered, [key]: manifest })) {
    await s3.send(new PutObjectCommand({ Bucket: 'inventories', Key, Body }));
  }
  return `s3://inventories/${key}`;
}

function begin(
  ...args: readonly string[]
): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: interpreter.endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const common = ['--engine', 'step-functions', '--configuration', folder, '--yes'];
  return spawn(process.execPath, [MAIN, 'backfill', 'objects', ...common, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function s3xrc(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = begin(...args);
  const ended = once(child, 'exit') as Promise<[number]>;
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: (await ended)[0], stdout, stderr };
}

/** Keys of this inventory, without leftovers of a failed test. */
async function receiveAll(name: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return found.filter((key) => key.startsWith(`in/${name}/`));
    for (const { Body = '' } of Messages) found.push(...parseNotification(Body).created.map(({ key }) => key));
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

function wanted(name: string): string[] {
  return rowsOf(name)
    .filter(({ key }) => key.startsWith(`in/${name}/ü`))
    .map(({ key }) => key);
}

describe('the state machine of the backfill', () => {
  test(
    'is a valid definition for cfn-lint, which reports an invalid one',
    async () => {
      const definition = stateMachineDefinition(stateMachine, {
        '<Function.Arn>': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:app-backfill`,
        '<SourceEuWest1.Outputs.ProgressBucket>': PROGRESS,
      });
      expect(await lintDefinition(definition)).toEqual([]);
      expect(await lintDefinition({ ...definition, StartAt: 'QueueNothing' })).not.toEqual([]);
    },
    MINUTES,
  );

  test('does not retry errors that the code declares permanent, and names only errors that exist', async () => {
    const retriers = JSON.stringify(stateMachine.properties);
    const [, named = ''] = /ErrorEquals\\": \[([^\]]*Error[^\]]*)\]/.exec(retriers.replaceAll('","', '')) ?? [];
    const names = [...named.matchAll(/\w+Error/g)].map(([name]) => name);
    expect(names.length).toBeGreaterThan(2);
    const declared = (
      await Promise.all(
        ['backfill', 'inventory', 'storage'].map((each) => readFile(join(SOURCES, each, 'errors.ts'), 'utf8')),
      )
    ).join('');
    for (const name of names) {
      expect(declared).toMatch(new RegExp(`class ${name} extends CompressorError \\{[^}]*retryable = false`));
    }
  });

  test.each(['CSV', 'Parquet'] as const)(
    'queues each object of the rule in an inventory in %s once',
    async (format) => {
      const manifest = await deliver(format, format, () => undefined);
      const { status, stdout, stderr } = await s3xrc('--inventory', manifest);
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('3 of 3 data files done') });
      expect(stdout).toContain(`Results: s3://${PROGRESS}/_step-functions/`);
      expect((await receiveAll(format)).toSorted()).toEqual(wanted(format).toSorted());
      expect(new Set(invocations.map(({ file }) => file.key)).size).toBe(3);
    },
    5 * MINUTES,
  );

  test(
    'continues a file where the previous invocation ran out of time',
    async () => {
      const manifest = await deliver('slow', 'CSV', () => undefined);
      const { status } = await s3xrc('--inventory', manifest, '--rate', '600/s', '--concurrency', '3');
      expect(status).toBe(0);
      expect(new Set(await receiveAll('slow'))).toEqual(new Set(wanted('slow')));
      const continued = invocations.filter(({ position }) => position !== undefined);
      expect(new Set(continued.map(({ file }) => file.key)).size).toBe(3);
    },
    5 * MINUTES,
  );

  test(
    'does not retry a damaged file, which makes the command fail',
    async () => {
      const manifest = await deliver('damaged', 'CSV', (files) => {
        const [name = '', bytes = new Uint8Array()] = Object.entries(files)[1] ?? [];
        files[name] = bytes.slice(0, bytes.byteLength / 2);
      });
      const { status, stderr } = await s3xrc('--inventory', manifest);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /Some objects of 1 data file were not queued\. To find and queue them: s3xrc backfill \S+ --missing/,
      );
      expect(invocations.filter(({ file }) => file.key.includes('0001'))).toHaveLength(1);
    },
    5 * MINUTES,
  );

  test(
    'continues when the command is interrupted, and the command says how to follow it',
    async () => {
      const manifest = await deliver('left', 'CSV', () => undefined);
      const child = begin('--inventory', manifest, '--rate', '300/s', '--concurrency', '3');
      const ended = once(child, 'exit');
      child.stdout.resume();
      let said = '';
      for await (const chunk of child.stderr) {
        said += String(chunk);
        if (said.includes('in progress') && !said.includes('continues')) child.kill('SIGINT');
      }
      await ended;
      const [, name = ''] = /--engine step-functions --follow (\S+)/.exec(said) ?? [];
      expect(said).toContain('The execution continues.');
      expect(said).toContain(
        `aws stepfunctions stop-execution --execution-arn arn:aws:states:${REGION}:${ACCOUNT}:execution:app-backfill:${name}`,
      );
      const followed = await s3xrc('--follow', name, '--json');
      expect(followed.status).toBe(0);
      expect(JSON.parse(followed.stdout)).toMatchObject({ status: 'SUCCEEDED', files: { total: 3, failed: 0 } });
      expect(new Set(await receiveAll('left'))).toEqual(new Set(wanted('left')));
    },
    5 * MINUTES,
  );

  test(
    'refuses files that its function may not read',
    async () => {
      await s3.send(
        new CreateBucketCommand({ Bucket: 'others', CreateBucketConfiguration: { LocationConstraint: REGION } }),
      );
      const place = { bucket: 'objects', fileBucket: 'others', folder: 'data', format: 'CSV' as const, fileRows: 800 };
      const { manifest } = generateInventory(rowsOf('others'), place);
      await s3.send(new PutObjectCommand({ Bucket: 'others', Key: 'manifest.json', Body: manifest }));
      const { status, stderr } = await s3xrc('--inventory', 's3://others/manifest.json');
      expect(status).toBe(2);
      expect(stderr).toContain('add the bucket to inventory_buckets of eu-west-1 in settings.json, then deploy');
    },
    MINUTES,
  );
});
