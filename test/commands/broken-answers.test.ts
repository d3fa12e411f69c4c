import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { buildArchive } from '../support/archives.ts';
import { ruleBetween, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, runS3xrc } from '../support/operated/run-s3xrc.ts';
import { type OperationProxy, startOperationProxy } from '../support/operation-proxy.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

/** Milliseconds that a command may take on a busy machine. */
const SLOWEST = 300_000;

let folder: string;
let provider: ResourceProvider;
let server: AwsServer;
/** Cuts off the first answer to each call in the middle. */
let proxy: OperationProxy;
/** Calls whose answer was cut off. */
const broken = new Set<string>();
let queue: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broken-answers-'));
  await writeConfiguration(folder, [ruleBetween('objects', 'restored')]);
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  proxy = await startOperationProxy(server.endpoint, ({ name, body }) => {
    const call = `${name} ${body}`;
    if (broken.has(call)) return undefined;
    broken.add(call);
    return 'cut';
  });
  Object.assign(process.env, accessTo(server.endpoint, SOURCE));
  const clients = new AwsClients();
  const CreateBucketConfiguration = { LocationConstraint: SOURCE } as const;
  const s3 = clients.s3(SOURCE);
  for (const Bucket of ['objects', 'progress', `app-${LOCAL_ACCOUNT_ID}-${SOURCE}-failed`]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }
  await clients.s3(TARGET).send(new CreateBucketCommand({ Bucket: 'restored' }));
  const Body = buildArchive([{ key: 'a', body: Buffer.from('an object') }]);
  await s3.send(new PutObjectCommand({ Bucket: 'objects', Key: 'archive.tar.zst', Body }));
  const sqs = clients.sqs(SOURCE);
  queue = (await sqs.send(new CreateQueueCommand({ QueueName: 'existing' }))).QueueUrl ?? '';
  const letters = await sqs.send(new CreateQueueCommand({ QueueName: 'app-rule-dead-letters' }));
  await sqs.send(new SendMessageCommand({ QueueUrl: letters.QueueUrl, MessageBody: 'given up' }));
  clients.close();
}, SLOWEST);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await provider.stop();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  broken.clear();
});

/** Each of them reads, and each read is cut off once; the second one finds the checkpoint of the first. */
test.each([
  ['backfill', ['backfill', 'objects', '--yes'], 0, /^Queued 1 object/],
  ['backfill --restart', ['backfill', 'objects', '--yes', '--restart'], 0, /^Queued 1 object/],
  ['backfill --resume', ['backfill', 'objects', '--resume'], 0, /^The last backfill is complete/],
  ['verify', ['verify', 'objects', '--not-due', '0s'], 1, /^1 missing: /m],
  ['verify --resume', ['verify', 'objects', '--resume'], 0, /^The last verification is complete/],
  ['estimate', ['estimate', 's3://objects/', '--region', SOURCE], 0, /^\(all\) +1 /m],
  ['archive cat', ['archive', 'cat', 's3://objects/archive.tar.zst', 'a', '--region', SOURCE], 0, /^an object$/],
  ['status', ['status'], 0, /^app, /],
  ['resend', ['resend', SOURCE], 0, /^No archive was given up/],
  ['doctor', ['doctor', '--only', 'identity', 'buckets', 'queues'], 0, /Account 123456789012|account: /],
] as const)(
  '%s gets its responses even though each is cut off once',
  async (name, args, status, says) => {
    const scanning = name.startsWith('backfill') || name.startsWith('verify');
    const places = scanning ? ['--queue-url', queue, '--progress-bucket', 'progress'] : [];
    const configured = args[0] === 'archive' ? [] : ['--configuration', folder];
    const env = { ...accessTo(proxy.endpoint, SOURCE), AWS_EC2_METADATA_DISABLED: 'true', HOME: folder };
    const ended = await runS3xrc([...args, ...places, ...configured], { env });
    expect(ended.stderr).not.toMatch(/error|aborted|unknown.*closed/);
    expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status, stdout: expect.stringMatching(says) });
    expect(broken.size).toBeGreaterThan(0);
  },
  SLOWEST,
);

test(
  'dead-letters list reports hidden messages if the response with them was cut off, never that there are none',
  async () => {
    const env = { ...accessTo(proxy.endpoint, SOURCE), HOME: folder };
    const list = ['dead-letters', 'list', '--configuration', folder];
    const { status, stderr } = await runS3xrc(list, { env });
    expect(stderr).toContain('app-rule-dead-letters (eu-west-1): about 1 message is hidden for up to an hour: ');
    expect(status).toBe(1);
  },
  SLOWEST,
);
