import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FunctionHost } from '../../local-cloud/function-host.ts';
import { createBucket } from '../../local-cloud/pipeline/bucket-setup.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import { field, listOf } from '../support/invariants.ts';
import { NOT_ENFORCED } from '../support/not-enforced.ts';
import { type Clients, destroyClients, makeClients } from '../support/rehearsal/clients.ts';
import { deployExample, EXAMPLE, INVENTORIES, STACK, withSchedules } from '../support/rehearsal/deploy-example.ts';
import { hostFunction } from '../support/rehearsal/deployed-function.ts';
import type { Image } from '../support/rehearsal/image.ts';
import { JOB_NAMES, type Job, loadJob } from '../support/rehearsal/job.ts';
import { type DeployedResource, functionArn, type Rehearsal } from '../support/rehearsal/rehearsal.ts';
import { statementsOf } from '../support/rehearsal/role-policies.ts';
import { textOf } from '../support/templates/json.ts';

const MINUTES = 60_000;

let rehearsal: Rehearsal;
let image: Image;
let rules: readonly ReplicationRule[];
const jobs = new Map<string, Job>();

beforeAll(async () => {
  ({ rehearsal, image } = await withSchedules((deployment) =>
    deployExample((started) => createBucket(started.clients('eu-west-1').s3, 'eu-west-1', INVENTORIES), deployment),
  ));
  await rehearsal.stopFunctions();
  ({ rules } = await loadConfiguration(EXAMPLE));
  const functions = rehearsal.resources.filter(({ type }) => type === 'AWS::Lambda::Function');
  for (const deployed of functions.toSorted(
    (one, two) => JOB_NAMES.indexOf(bundleOf(one)) - JOB_NAMES.indexOf(bundleOf(two)),
  )) {
    jobs.set(nameOf(deployed), await prepareJob(deployed));
  }
}, 10 * MINUTES);

afterAll(async () => {
  for (const { host, own } of jobs.values()) {
    await host.stop();
    destroyClients(own);
  }
  await rehearsal.stop();
  await image.remove();
});

/** Name of the bundle that a function runs, such as `source`. */
function bundleOf({ properties }: DeployedResource): string {
  return textOf(listOf(field(properties['ImageConfig'], 'Command'))[0]).replace(/\.handler$/, '');
}

function nameOf({ region, physicalId }: DeployedResource): string {
  return `${region} ${physicalId.slice(STACK.length + 1)}`;
}

async function prepareJob(deployed: DeployedResource): Promise<Job> {
  const { region, physicalId, properties } = deployed;
  const credentials = await rehearsal.assumeRole(textOf(properties['Role']));
  // The deployment function waits for permissions to arrive, as long as it has time; here none is pending.
  const impatient = {
    ...properties,
    Timeout: Math.min(Number(properties['Timeout']), IMPATIENCE[bundleOf(deployed)] ?? 60),
  };
  const arn = functionArn(region, physicalId);
  const onLine = (line: string) => rehearsal.log.push(line);
  const host: FunctionHost = hostFunction(impatient, {
    region,
    arn,
    image,
    endpoint: rehearsal.endpoint,
    credentials,
    onLine,
  });
  return { rehearsal, deployed, host, own: makeClients(region, rehearsal.endpoint, credentials), rules };
}

/** Max seconds of a run. The deployment function reserves 15 for its answer; backfill and verify reserve 60, so they keep their full timeout. */
const IMPATIENCE: Readonly<Record<string, number>> = {
  deployment: 26,
  backfill: Number.POSITIVE_INFINITY,
  verify: Number.POSITIVE_INFINITY,
};

async function runJob(job: Job): Promise<void> {
  const run = await loadJob(bundleOf(job.deployed));
  const before = rehearsal.log.length;
  try {
    await run(job);
  } catch (error) {
    const said = rehearsal.log.slice(before).filter((line) => /"(ERROR|WARN)"/.test(line));
    throw new Error(`${nameOf(job.deployed)} did not do its job. It logged:\n${said.join('\n')}`, { cause: error });
  }
}

function job(name: string): Job {
  const found = jobs.get(name);
  if (found === undefined) throw new Error(`There is no function ${name}, only ${[...jobs.keys()].join(', ')}`);
  return found;
}

const REPORTS = 'eu-west-1 example-reports-pu-c8985ecdaa';
const TARGET = 'us-east-1 target';
const DEPLOYMENT = 'eu-west-1 deployment';
const RESEND = 'eu-west-1 resend';
/** The function that represents its kind, if it is not the one in eu-west-1. */
const EXAMPLES: Readonly<Record<string, string>> = { source: REPORTS, target: TARGET };
/** Statements that the job of one function does not need in this test, although another job does. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  // The verified buckets have no inventories, so they are listed. The backfill reads inventories with the same statements.
  verify: ['ReadInventories', 'TellDeletedFilesFromForbidden'],
};

test(
  'every function does its whole job with the policies of its role and nothing else',
  async () => {
    expect(jobs.size).toBeGreaterThanOrEqual(11);
    for (const one of jobs.values()) await runJob(one);
  },
  10 * MINUTES,
);

describe('no statement is unnecessary', () => {
  test.each(JOB_NAMES)(
    'the %s function fails without any one of its statements',
    async (name) => {
      const one = job(EXAMPLES[name] ?? `eu-west-1 ${name}`);
      const { iam } = rehearsal.clients('us-east-1');
      const statements = await statementsOf(iam, textOf(one.deployed.properties['Role']));
      expect(statements.length).toBeGreaterThan(1);
      const dispensable: string[] = [];
      const elsewhere = ELSEWHERE[name] ?? [];
      const enforced = statements.filter(({ sid }) => NOT_ENFORCED[sid] === undefined && !elsewhere.includes(sid));
      for (const statement of enforced) {
        const outcome = await statement.without(() =>
          runJob(one).then(
            () => 'done',
            () => 'failed',
          ),
        );
        if (outcome === 'done') dispensable.push(statement.sid);
      }
      expect(dispensable).toEqual([]);
      // The statements were the cause, not something that broke during the test.
      await runJob(one);
    },
    10 * MINUTES,
  );
});

const OUTBOUND = `${STACK}-123456789012-eu-west-1-outbound`;
const INBOUND = `${STACK}-123456789012-us-east-1-inbound`;

type Call = (own: Clients) => Promise<unknown>;
const read =
  (Bucket: string, Key: string): Call =>
  ({ s3 }) =>
    s3.send(new GetObjectCommand({ Bucket, Key }));
const write =
  (Bucket: string, Key: string): Call =>
  ({ s3 }) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
const remove =
  (Bucket: string, Key: string): Call =>
  ({ s3 }) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key }));
const list =
  (Bucket: string): Call =>
  ({ s3 }) =>
    s3.send(new ListObjectsV2Command({ Bucket }));
const send =
  (queue: string): Call =>
  ({ sqs }) =>
    sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queue), MessageBody: 'x' }));
const receive =
  (queue: string): Call =>
  ({ sqs }) =>
    sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl(queue) }));
const dropBucket =
  (Bucket: string): Call =>
  ({ s3 }) =>
    s3.send(new DeleteBucketCommand({ Bucket }));
const notify =
  (Bucket: string): Call =>
  ({ s3 }) =>
    s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }));
const replicate =
  (Bucket: string): Call =>
  ({ s3 }) =>
    s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role: 'role', Rules: [] } }));
const getItem =
  (TableName: string): Call =>
  ({ dynamodb }) =>
    dynamodb.send(new GetItemCommand({ TableName, Key: { Id: { S: 'x' } } }));
const describeKey: Call = ({ kms }) => kms.send(new DescribeKeyCommand({ KeyId: `alias/${STACK}` }));
const listRoles: Call = ({ iam }) => iam.send(new ListRolesCommand({}));

const FORBIDDEN = 403;

/** Not the error's name, since moto refuses in XML even where the SDK expects JSON. */
function statusOf(error: unknown): unknown {
  const { $metadata, $response } = error as {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $response?: { readonly statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode ?? error;
}

function queueUrl(name: string): string {
  return `${rehearsal.endpoint}/123456789012/${STACK}-${name}`;
}

const OTHER_RULE = 'example-documents-a82747f3ed';
const OWN_RULE = 'example-reports-published-c8985ecdaa';

describe('a call outside of its job is denied', () => {
  test.each<readonly [string, Readonly<Record<string, Call>>]>([
    [
      REPORTS,
      {
        'objects of its bucket outside of the prefix': read('example-reports', 'drafts/a.csv'),
        'objects of another rule': read('example-documents', 'published/a.csv'),
        'deleting what it packs': remove('example-reports', 'published/a.csv'),
        'writing next to what it packs': write('example-reports', 'published/b.csv'),
        'archives of another rule': write(OUTBOUND, `${OTHER_RULE}/a.tar.zst`),
        'progress of another rule': write(OUTBOUND.replace('outbound', 'progress'), `${OTHER_RULE}/a.tar.zst`),
        'reading progress of another rule': read(OUTBOUND.replace('outbound', 'progress'), `${OTHER_RULE}/a.tar.zst`),
        'reading archives of another rule': read(OUTBOUND, `${OTHER_RULE}/a.tar.zst`),
        'deleting archives': remove(OUTBOUND, `${OWN_RULE}/a.tar.zst`),
        'the inbound bucket': write(INBOUND, `${OWN_RULE}/a.tar.zst`),
        'the target': write('example-reports-us', 'published/a.csv'),
        'the queue of another rule': receive(OTHER_RULE),
        'sending to another rule': send(OTHER_RULE),
        'another table': getItem('someone-elses'),
        roles: listRoles,
      },
    ],
    [
      TARGET,
      {
        'deleting restored objects': remove('example-documents-copy', 'a'),
        'writing outside of the prefix of a destination': write('example-reports-us', 'drafts/a.csv'),
        'writing outside of its target prefix': write('example-media-archive', 'originals/a.tif'),
        'the target of another region': write('example-reports-ap', 'published/a.csv'),
        'writing archives': write(INBOUND, `${OWN_RULE}/a.tar.zst`),
        'the inbound bucket of another region': read(`${STACK}-123456789012-ap-southeast-2-inbound`, 'a'),
        'the outbound bucket': read(OUTBOUND, `${OWN_RULE}/a.tar.zst`),
        'the source': read('example-documents', 'a'),
        'reading its dead letters': receive('target-dead-letters'),
        roles: listRoles,
      },
    ],
    [
      DEPLOYMENT,
      {
        'reading objects': read('example-documents', 'a'),
        'writing objects': write('example-documents', 'a'),
        'notifications of a target bucket': notify('example-documents-copy'),
        "replication of a user's bucket": replicate('example-documents'),
        'waiting archives': read(OUTBOUND, 'a'),
        'deleting a bucket': dropBucket('example-media'),
        'buckets that no rule names': list('uploads'),
        'the queue of a rule': receive(OTHER_RULE),
        roles: listRoles,
      },
    ],
    [
      RESEND,
      {
        'deleting archives': remove(OUTBOUND, 'a'),
        'deleting kept archives': remove(OUTBOUND.replace('outbound', 'failed'), 'failed/a'),
        'writing elsewhere in the failed bucket': write(OUTBOUND.replace('outbound', 'failed'), 'a'),
        'the inbound bucket': write(INBOUND, 'a'),
        'the source': read('example-documents', 'a'),
        'the queue of a rule': receive(OTHER_RULE),
        'describing a KMS key': describeKey,
        roles: listRoles,
      },
    ],
  ])('to %s', async (name, calls) => {
    const { own } = job(name);
    for (const [what, call] of Object.entries(calls)) {
      const answer = await call(own).then(() => 'allowed', statusOf);
      expect([what, answer]).toEqual([what, FORBIDDEN]);
    }
  });
});
