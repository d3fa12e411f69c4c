import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateBucketCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { backfillQueueName, ownBucketName, ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { buildArchive } from '../support/archives.ts';
import { ruleBetween, SETTINGS, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo } from '../support/operated/run-s3xrc.ts';
import { startOperationProxy } from '../support/operation-proxy.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';
import { type SessionEnd, TerminalSession } from '../support/terminal/session.ts';

const S3XRC = fileURLToPath(new URL('../../bin/s3xrc.mjs', import.meta.url));
/** Milliseconds: work in progress at Ctrl-C may take ten more seconds if nothing answers. */
const SLOWEST = 240_000;
const LETTERS = 25;
const own = (role: 'outbound' | 'failed' | 'progress'): string => ownBucketName('app', LOCAL_ACCOUNT_ID, SOURCE, role);

let configuration: string;
/** Working directory, home and TMPDIR of a session. */
let folder: string;
let provider: ResourceProvider;
let server: AwsServer;
let clients: AwsClients;
let letters: { readonly queue: string; readonly deadLetters: string };

beforeAll(async () => {
  configuration = await mkdtemp(join(tmpdir(), 'stages-configuration-'));
  await writeConfiguration(configuration, [ruleBetween('objects', 'restored')]);
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  Object.assign(process.env, accessTo(server.endpoint, SOURCE));
  clients = new AwsClients();
  await makeBuckets();
  const [rule] = (await loadConfiguration(configuration)).rules;
  const name = ruleResourceName('app', rule?.id ?? '');
  await clients.sqs(SOURCE).send(new CreateQueueCommand({ QueueName: backfillQueueName(name) }));
  letters = await makeLetters(name);
  const TemplateBody = JSON.stringify({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });
  await clients.cloudFormation(SOURCE).send(new CreateStackCommand({ StackName: 'app', TemplateBody }));
}, SLOWEST);
afterAll(async () => {
  clients.close();
  await server.stop();
  await provider.stop();
  await rm(configuration, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stages-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Objects, two of them at the destination, an archive of them, and two archives that were given up. */
async function makeBuckets(): Promise<void> {
  const s3 = clients.s3(SOURCE);
  const CreateBucketConfiguration = { LocationConstraint: SOURCE } as const;
  for (const Bucket of ['objects', 'archives', own('outbound'), own('failed'), own('progress')]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }
  await clients.s3(TARGET).send(new CreateBucketCommand({ Bucket: 'restored' }));
  const objects = Array.from({ length: 30 }, (_, index) => ({
    key: `logs/${index}`,
    body: Buffer.from(`${index} `.repeat(2000)),
  }));
  for (const { key: Key, body: Body } of objects) await s3.send(new PutObjectCommand({ Bucket: 'objects', Key, Body }));
  for (const { key: Key, body: Body } of objects.slice(0, 2)) {
    await clients.s3(TARGET).send(new PutObjectCommand({ Bucket: 'restored', Key, Body }));
  }
  const large = { key: 'large', body: randomBytes(40 << 20) };
  const Body = buildArchive([...objects, large]);
  await s3.send(new PutObjectCommand({ Bucket: 'archives', Key: 'a.tar.zst', Body }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: own('failed'), VersioningConfiguration }));
  for (const key of ['a', 'b']) {
    await s3.send(new PutObjectCommand({ Bucket: own('failed'), Key: `failed/rule/${key}.tar.zst`, Body: key }));
  }
}

async function makeLetters(name: string): Promise<typeof letters> {
  const sqs = clients.sqs(SOURCE);
  const create = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const deadLetters = await create(`${name}-dead-letters`);
  const deadLetterTargetArn = `arn:aws:sqs:${SOURCE}:${LOCAL_ACCOUNT_ID}:${name}-dead-letters`;
  const queue = await create(name, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 }) });
  for (let sent = 0; sent < LETTERS; sent += 1) {
    await sqs.send(new SendMessageCommand({ QueueUrl: deadLetters, MessageBody: `given up ${sent}` }));
  }
  return { queue, deadLetters };
}

function open(place: string, endpoint: string, ...args: readonly string[]): TerminalSession {
  const env = {
    PATH: process.env['PATH'],
    HOME: place,
    TMPDIR: place,
    TERM: 'xterm',
    ...accessTo(endpoint, SOURCE),
  };
  const configured = args[0] === 'archive' ? [] : ['--configuration', configuration];
  return new TerminalSession([process.execPath, S3XRC, ...args, ...configured], { cwd: place, env, columns: 60 });
}

interface Interrupted extends SessionEnd {
  /** Unanswered calls of the stage. */
  readonly held: number;
}

/** Presses Ctrl-C while a call is not answered. @param pass how many of these calls are answered before */
async function interruptAt(
  stage: RegExp,
  args: readonly string[],
  { pass = 0, place = folder }: { readonly pass?: number | undefined; readonly place?: string } = {},
): Promise<Interrupted> {
  let passed = 0;
  const proxy = await startOperationProxy(server.endpoint, ({ name }) => {
    if (!stage.test(name)) return undefined;
    passed += 1;
    return passed > pass ? 'hold' : undefined;
  });
  const session = open(place, proxy.endpoint, ...args);
  const early = session.ended.then(({ status, shown }) => {
    throw new Error(`It ended with ${status} before ${String(stage)} was called:\n${shown}`);
  });
  await Promise.race([proxy.held, early]);
  early.catch(() => undefined);
  session.interrupt();
  const ended = await session.ended;
  await proxy.stop();
  return { ...ended, held: passed - pass };
}

const BACKFILL = ['backfill', 'objects', '--restart', '--yes'];
const VERIFY = ['verify', 'objects', '--restart', '--not-due', '0s'];
const CHECKPOINT = { backfill: /^PUT \/app-\d+-eu-west-1-progress\/.*backfill\.json/, verify: /^PUT .*verify\.json/ };
const ARCHIVE = 's3://archives/a.tar.zst';

/** Name, unanswered call, command line, and how many such calls are answered before. */
const STAGES: readonly (readonly [string, RegExp, readonly string[], number?])[] = [
  ['estimate: reading', /^GET \/objects\/logs/, ['estimate', 's3://objects/']],
  ['simulate: reading', /^GET \/objects\/logs/, ['simulate', 's3://objects/']],
  ['backfill: counting', /^GET \/objects\/\?.*list-type/, ['backfill', 'objects', '--restart', '--dry-run']],
  ['backfill: the first checkpoint', CHECKPOINT.backfill, BACKFILL],
  ['backfill: listing', /^GET \/objects\/\?.*list-type/, BACKFILL],
  ['backfill: queuing', /^SendMessageBatch$/, BACKFILL],
  ['backfill: the last checkpoint', CHECKPOINT.backfill, BACKFILL, 1],
  ['verify: the first checkpoint', CHECKPOINT.verify, VERIFY],
  ['verify: listing the source', /^GET \/objects\/\?.*list-type/, VERIFY],
  ['verify: listing the destination', /^GET \/restored\/\?.*list-type/, VERIFY],
  ['verify: looking at stamps', /^HEAD \/restored\//, [...VERIFY, '--checksums']],
  ['verify: reading copies', /^GET \/restored\/logs/, [...VERIFY, '--bytes']],
  ['verify: repairing', /^SendMessageBatch$/, [...VERIFY, '--repair', '--yes']],
  ['verify: the last checkpoint', CHECKPOINT.verify, VERIFY, 1],
  ['doctor: identity', /^GetCallerIdentity$/, ['doctor']],
  ['doctor: looking', /^GET \/objects\/\?.*policy/, ['doctor']],
  ['status: metrics', /^GetMetricData$/, ['status']],
  ['resend: describing', /^HEAD \/.*failed/, ['resend', SOURCE]],
  ['resend: copying', /^PUT \/.*outbound/, ['resend', SOURCE, '--all']],
  ['archive verify: reading', /^GET \/archives\//, ['archive', 'verify', ARCHIVE], 2],
  ['archive extract: reading', /^GET \/archives\//, ['archive', 'extract', ARCHIVE, 'large', '--into', '.'], 2],
  ['remove: looking for messages', /^ListStackResources$/, ['remove', '--yes', '--region', SOURCE]],
  ['remove: looking at the stack', /^DescribeStacks$/, ['remove', '--yes', '--region', SOURCE]],
  ['remove: deleting', /^DeleteStack$/, ['remove', '--yes', '--region', SOURCE]],
];

/** Most stages wait for a timeout, not for a processor. */
const MAX_CONCURRENT_STAGES = 4;
/** SQS is called once per ten objects; an unanswered call is not repeated after Ctrl-C. */
const BATCHES: Readonly<Record<string, number>> = { 'backfill: queuing': 3, 'verify: repairing': 3 };

describe('Ctrl-C at a later stage', () => {
  const ends = new Map<string, Promise<Interrupted & { readonly files: readonly string[] }>>();

  beforeAll(() => {
    const limit = pLimit(MAX_CONCURRENT_STAGES);
    // A second run over the same rule is refused while the first one holds the checkpoint.
    const oneByOne = new Map(['backfill', 'verify'].map((command) => [command, pLimit(1)]));
    for (const [name, stage, args, pass] of STAGES) {
      const interrupt = async () => {
        const place = await mkdtemp(join(tmpdir(), 'stage-'));
        const interrupted = await interruptAt(stage, args, { pass, place });
        const files = await readdir(place);
        await rm(place, { recursive: true });
        return { ...interrupted, files };
      };
      const alone = oneByOne.get(args[0] ?? '');
      const end = alone === undefined ? limit(interrupt) : alone(() => limit(interrupt));
      // Its test reports why.
      end.catch(() => undefined);
      ends.set(name, end);
    }
  });

  test.each(STAGES.map(([name]) => name))(
    '%s ends with 130, and leaves no process and no file',
    async (name) => {
      const end = await ends.get(name);
      expect(end).toMatchObject({ status: 130, left: [], files: [] });
      const batches = BATCHES[name];
      if (batches !== undefined) expect(end?.held).toBeLessThanOrEqual(batches);
    },
    SLOWEST,
  );

  test(
    'archive extract: writing leaves no partial object',
    async () => {
      const { status, left } = await interruptAt(/^GET \/archives\//, ['archive', 'extract', ARCHIVE, '--into', '.'], {
        pass: 4,
      });
      expect({ status, left }).toEqual({ status: 130, left: [] });
      expect(await readdir(folder)).not.toContain('large');
    },
    SLOWEST,
  );

  test('an archive whose resend was interrupted is still kept', async () => {
    const { Versions = [] } = await clients.s3(SOURCE).send(new ListObjectVersionsCommand({ Bucket: own('failed') }));
    expect(Versions.map(({ Key }) => Key)).toEqual(['failed/rule/a.tar.zst', 'failed/rule/b.tar.zst']);
  });
});

/** Messages that can be received now. */
async function visible(QueueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes } = await clients.sqs(SOURCE).send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Number(Attributes?.ApproximateNumberOfMessages);
}

/** In sequence: each test continues with what the previous one left. */
describe('Ctrl-C while dead letters', () => {
  const redrive = ['dead-letters', 'redrive', '--yes', '--region', SOURCE];

  test(
    'are received makes all of them visible again',
    async () => {
      const { status, left } = await interruptAt(/^ReceiveMessage$/, redrive, { pass: 1 });
      expect({ status, left }).toEqual({ status: 130, left: [] });
      expect([await visible(letters.queue), await visible(letters.deadLetters)]).toEqual([0, LETTERS]);
    },
    SLOWEST,
  );

  test(
    'are sent deletes those that were accepted and makes the others visible again',
    async () => {
      const { status, left } = await interruptAt(/^SendMessageBatch$/, redrive, { pass: 1 });
      expect({ status, left }).toEqual({ status: 130, left: [] });
      expect([await visible(letters.queue), await visible(letters.deadLetters)]).toEqual([10, LETTERS - 10]);
    },
    SLOWEST,
  );

  test(
    'are discarded leaves them in the file and in the queue',
    async () => {
      const discard = ['dead-letters', 'discard', '--yes', '--region', SOURCE, '--save', 'kept.jsonl'];
      const { status, left } = await interruptAt(/^DeleteMessageBatch$/, discard);
      expect({ status, left, files: await readdir(folder) }).toEqual({ status: 130, left: [], files: ['kept.jsonl'] });
      expect(await visible(letters.deadLetters)).toBe(LETTERS - 10);
    },
    SLOWEST,
  );
});

const QUESTIONS: readonly (readonly [string, readonly string[]])[] = [
  ['backfill', ['backfill', 'objects', '--restart']],
  ['verify --repair', ['verify', 'objects', '--restart', '--repair']],
  ['dead-letters discard', ['dead-letters', 'discard', '--region', SOURCE]],
  ['remove', ['remove', '--region', SOURCE]],
];

describe('at the confirmation of', () => {
  test.each(QUESTIONS)(
    '%s, Ctrl-C ends with 130 and changes nothing',
    async (_, args) => {
      const session = open(folder, server.endpoint, ...args);
      await session.shows(/\[y\/N\]|to confirm:/);
      session.interrupt();
      const { status, left } = await session.ended;
      expect({ status, left, files: await readdir(folder) }).toEqual({ status: 130, left: [], files: [] });
    },
    SLOWEST,
  );

  test.each([
    ['remove, another name', 'ap', 1],
    ['remove, an empty answer', '', 1],
    ['remove, its name in capitals', SETTINGS.stack_name.toUpperCase(), 1],
  ] as const)(
    '%s means no: the command ends with 1 and removes nothing',
    async (_, answer, expected) => {
      const session = open(folder, server.endpoint, 'remove', '--region', SOURCE);
      await session.shows(/to confirm:/);
      session.enter(answer);
      const { status, left, shown } = await session.ended;
      expect({ status, left, files: await readdir(folder) }).toEqual({ status: expected, left: [], files: [] });
      expect(shown).toContain('The answer was not app, the name of the stack. Nothing was removed.');
    },
    SLOWEST,
  );
});
