import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueUrlCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { describeFailure } from '../../src/aws/s3/failure.ts';
import { describeDeadLetter } from '../../src/aws/sqs/dead-letter-attributes.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { deployedNames } from '../../src/cli/command/deployed-names.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { ruleDimensions } from '../../src/configuration/metric-dimensions.ts';
import { backfillQueueName, ownBucketName, ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { buildArchive } from '../support/archives.ts';
import { documentedCommands } from '../support/documents/documented-commands.ts';
import { s3Notification } from '../support/notifications.ts';
import { ruleBetween, SETTINGS, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc } from '../support/operated/run-s3xrc.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

const PAGE = readFileSync(new URL('../../docs/missing-object.md', import.meta.url), 'utf8');
/** Milliseconds that a command may take on a busy machine. */
const SLOWEST = 300_000;
const KEY = 'orders/lost 7.json';
const BODY = 'an order';
const ARCHIVE = '20261130T000000000Z-0123456789abcdef.tar.zst';
const { stack_name: STACK } = SETTINGS;

let folder: string;
let provider: ResourceProvider;
let server: AwsServer;
let clients: AwsClients;
let rule: string;
/** Of the rule. */
let queue: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'missing-object-'));
  await writeConfiguration(folder, [ruleBetween('orders', 'orders-copy')]);
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  Object.assign(process.env, accessTo(server.endpoint, SOURCE));
  clients = new AwsClients();
  await deployLocally();
  await loseObject();
}, SLOWEST);

afterAll(async () => {
  clients.close();
  await server.stop();
  await provider.stop();
  await rm(folder, { recursive: true });
});

async function makeBucket(Bucket: string, region: string): Promise<void> {
  const where = region === TARGET ? {} : { CreateBucketConfiguration: { LocationConstraint: SOURCE } as const };
  await clients.s3(region).send(new CreateBucketCommand({ Bucket, ...where }));
}

/** The buckets and queues of a deployment, and a watermark. */
async function deployLocally(): Promise<void> {
  const configuration = await loadConfiguration(folder);
  const [deployed] = configuration.rules;
  if (deployed === undefined) throw new Error('There is no rule');
  rule = deployed.id;
  queue = ruleResourceName(STACK, rule);
  await makeBucket('orders', SOURCE);
  await makeBucket('orders-copy', TARGET);
  for (const role of ['outbound', 'progress', 'failed'] as const) {
    await makeBucket(ownBucketName(STACK, LOCAL_ACCOUNT_ID, SOURCE, role), SOURCE);
  }
  await makeBucket(ownBucketName(STACK, LOCAL_ACCOUNT_ID, TARGET, 'inbound'), TARGET);
  for (const plan of planRegions(configuration)) {
    const sqs = clients.sqs(plan.region);
    for (const { name, deadLetters } of deployedNames(configuration, plan).queues) {
      await sqs.send(new CreateQueueCommand({ QueueName: deadLetters }));
      const deadLetterTargetArn = `arn:aws:sqs:${plan.region}:${LOCAL_ACCOUNT_ID}:${deadLetters}`;
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
      await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }));
    }
  }
  const dimensions = { ...ruleDimensions(deployed), TargetRegion: TARGET };
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const age = { MetricName: 'WatermarkAgeSeconds', Dimensions, Timestamp: new Date(Date.now() - 60_000), Value: 0 };
  await clients.cloudWatch(SOURCE).send(new PutMetricDataCommand({ Namespace: STACK, MetricData: [age] }));
}

/** An object whose event was given up because a policy denies reading it. An archive with it has arrived and is not restored. */
async function loseObject(): Promise<void> {
  const s3 = clients.s3(SOURCE);
  await s3.send(new PutObjectCommand({ Bucket: 'orders', Key: KEY, Body: BODY }));
  const statement = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::orders/*' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'OnlyAuditors', ...statement }] });
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'orders', Policy }));
  const denied = { status: 403, code: 'AccessDenied', message: 'Access Denied', requestId: undefined, date: undefined };
  const call = { operation: 'GetObject', kind: 'read', bucket: 'orders', key: KEY } as const;
  const MessageAttributes = describeDeadLetter(describeFailure(denied, call, 1));
  const MessageBody = s3Notification({ bucket: 'orders', key: KEY });
  const QueueUrl = await urlOf(`${queue}-dead-letters`);
  await clients.sqs(SOURCE).send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  const Bucket = ownBucketName(STACK, LOCAL_ACCOUNT_ID, TARGET, 'inbound');
  const Body = buildArchive([{ key: KEY, body: Buffer.from(BODY) }]);
  await clients.s3(TARGET).send(new PutObjectCommand({ Bucket, Key: `${rule}/${ARCHIVE}`, Body }));
}

async function urlOf(QueueName: string): Promise<string> {
  return (await clients.sqs(SOURCE).send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
}

/** Keys of the objects in the messages of a queue. */
async function keysIn(name: string): Promise<string[]> {
  const receive = new ReceiveMessageCommand({ QueueUrl: await urlOf(name), MaxNumberOfMessages: 10 });
  const { Messages = [] } = await clients.sqs(SOURCE).send(receive);
  return Messages.flatMap(({ Body = '' }) => parseNotification(Body).created.map(({ key }) => key));
}

/** Runs a line of the page, with values that a reader would insert for the capital letters. */
async function follow(line: string): Promise<Outcome> {
  const values: Readonly<Record<string, string>> = {
    'TARGET-REGION': TARGET,
    REGION: SOURCE,
    'RULE-ID': rule,
    ACCOUNT: LOCAL_ACCOUNT_ID,
    STACK,
    ARCHIVE,
    KEY,
  };
  const names = new RegExp(Object.keys(values).join('|'), 'g');
  const words = line.split(' ').map((word) => word.replaceAll(names, (name) => values[name] ?? ''));
  const [, ...args] = words;
  // There is no terminal to answer at, and the object was just written.
  const added = [
    ...(/redrive|--repair/.test(line) ? ['--yes'] : []),
    ...(args[0] === 'verify' ? ['--not-due', '0s'] : []),
  ];
  const configured = args[0] === 'archive' ? [] : ['--configuration', folder];
  const env = { ...accessTo(server.endpoint, SOURCE), AWS_EC2_METADATA_DISABLED: 'true', HOME: folder };
  return await runS3xrc([...args, ...added, ...configured], { env, cwd: folder });
}

/** What each command of the page has to print for its reader, in the order of the page. */
const SAID: readonly (readonly [line: string, status: number, says: RegExp])[] = [
  ['s3xrc verify RULE-ID --prefix KEY', 1, /^1 missing: .*\n +us-east-1 s3:\/\/orders-copy {2}orders\/lost 7\.json$/m],
  ['s3xrc status', 1, /^ {2}to us-east-1 +0 s behind .*(?:\n.*)*^ {2}dead letters +1$/m],
  ['s3xrc doctor', 1, /FAILURE {2}source bucket orders .*denies s3:GetObject\.\n +fix: /],
  ['s3xrc dead-letters show --prefix KEY', 0, /^code +STORAGE_ACCESS_DENIED\nreason +S3 answered GetObject .*403/m],
  [
    's3xrc dead-letters redrive --prefix KEY',
    0,
    /^sent 1 message from app-orders-\w+-dead-letters to app-orders-\w+ in /,
  ],
  [
    's3xrc archive ls s3://STACK-ACCOUNT-TARGET-REGION-inbound/RULE-ID/ARCHIVE --region TARGET-REGION',
    0,
    /^8 .* {2}orders\/lost 7\.json$/m,
  ],
  [
    's3xrc archive cat s3://STACK-ACCOUNT-TARGET-REGION-inbound/RULE-ID/ARCHIVE KEY --region TARGET-REGION',
    0,
    /^an order$/,
  ],
  [
    's3xrc archive verify s3://STACK-ACCOUNT-TARGET-REGION-inbound/RULE-ID/ARCHIVE --region TARGET-REGION',
    0,
    /^ok: 1 object, /,
  ],
  ['s3xrc verify RULE-ID --prefix KEY --repair', 1, /^1 queued for repair: verify again when they have arrived$/m],
  ['s3xrc resend REGION', 0, /^No archive was given up: app-\d+-eu-west-1-failed is empty\.$/m],
  ['s3xrc dead-letters list --region TARGET-REGION', 0, /^No dead letters\.$/m],
];
/** Named in a sentence or a table, without all arguments. */
const NAMED = ['s3xrc verify', 's3xrc status --watch', 's3xrc deploy --repair'];

describe('a newcomer who follows docs/missing-object.md', () => {
  test('finds each of its commands in this test', () => {
    const lines = new Set(documentedCommands(PAGE, ['s3xrc']).map(({ words }) => words.join(' ')));
    expect([...lines].filter((line) => !NAMED.includes(line)).toSorted()).toEqual(
      SAID.map(([line]) => line).toSorted(),
    );
  });

  test.each(SAID)(
    '%s',
    async (line, status, says) => {
      const ended = await follow(line);
      expect({ ...ended, stderr: '' }).toEqual({ status, stdout: expect.stringMatching(says), stderr: '' });
      expect(ended.stderr).not.toMatch(/^error/m);
      // The messages are really queued: by the redrive for the rule's function, by the repair for existing objects.
      if (line.includes('redrive')) expect(await keysIn(queue)).toEqual([KEY]);
      if (line.includes('--repair')) expect(await keysIn(backfillQueueName(queue))).toEqual([KEY]);
    },
    SLOWEST,
  );
});
