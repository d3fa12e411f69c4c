import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DetectStackDriftCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { BatchDeleteImageCommand, ListImagesCommand } from '@aws-sdk/client-ecr';
import { DisableKeyCommand, ListAliasesCommand } from '@aws-sdk/client-kms';
import {
  PutFunctionConcurrencyCommand,
  PutFunctionRecursionConfigCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketReplicationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand, SetTopicAttributesCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import type { Diagnosis } from '../../src/cli/doctor/diagnosis.ts';
import { runDoctor } from '../../src/cli/doctor/run-doctor.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { type AwsEmulator, EMULATED_ACCOUNT, startAwsEmulator } from '../support/emulator/aws-emulator.ts';
import { alarmTopic, operate } from '../support/operated/account.ts';
import { startOperationProxy } from '../support/operation-proxy.ts';
import { printedJson } from '../support/printed-json.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const SOURCE = 'eu-west-1';
const TARGET = 'us-east-1';
const OUTBOUND = `app-${EMULATED_ACCOUNT}-${SOURCE}-outbound`;
const DAY = 24 * 3600 * 1000;
const SETTINGS = {
  stack_name: 'app',
  enabled_regions: [
    { region: SOURCE, vpc_cidr: '10.0.0.0/16', source_target: ['source'], availability_zones: 2 },
    { region: TARGET, vpc_cidr: '10.1.0.0/16', source_target: ['target'], availability_zones: 2 },
  ],
  notification_emails: ['operator@own.test'],
  tags: {},
};
const RULES = {
  replication_configuration: [
    {
      source: { region: SOURCE, bucket: 'objects', deletes: 'replicate' },
      destinations: [{ region: TARGET, bucket: 'restored' }],
    },
  ],
};
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: SOURCE };

let emulator: AwsEmulator;
let clients: AwsClients;
let folder: string;
let tools: string;
let rule: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  await configure(SETTINGS);
  tools = await mkdtemp(join(tmpdir(), 'doctor-tools-'));
  await writeFile(join(tools, 'sam'), '#!/bin/sh\necho "SAM CLI, version 1.170.0"\n', { mode: 0o755 });
  await writeFile(join(tools, 'docker'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  emulator = await startAwsEmulator();
  Object.assign(process.env, ENVIRONMENT, { AWS_ENDPOINT_URL: emulator.endpoint });
  clients = new AwsClients();
  const configuration = await loadConfiguration(folder);
  rule = configuration.rules[0]?.id ?? '';
  await operate({ configuration, account: EMULATED_ACCOUNT, clients });
}, 180_000);

afterAll(async () => {
  clients.close();
  await emulator.stop();
  await rm(folder, { recursive: true });
  await rm(tools, { recursive: true });
});

async function configure(settings: object): Promise<void> {
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
}

interface Report {
  readonly account: string | null;
  readonly findings: readonly (Diagnosis & { readonly group: string })[];
}

/** Runs the command in this process, so that it can be told another time. */
async function examine(
  path = `${tools}${delimiter}${process.env['PATH'] ?? ''}`,
  later = 0,
): Promise<Report & { status: number }> {
  const world = { now: () => Date.now() + later, environment: { ...process.env, PATH: path } };
  const { status, document } = await printedJson((context) =>
    runDoctor(['--json', '--configuration', folder], context, world),
  );
  return { status, ...(document as Report) };
}

/** The findings that are not good, as `group: subject`. */
function complaints({ findings }: Report): string[] {
  return findings
    .filter(({ status }) => status === 'failure' || status === 'warning')
    .map(({ group, subject }) => `${group}: ${subject}`);
}

test('finds nothing wrong where all is well, and has a line for every group', async () => {
  const report = await examine();
  // Whether this machine emulates arm64 is its own affair.
  expect(complaints(report).filter((line) => line !== 'machine: arm64')).toEqual([]);
  expect(report).toMatchObject({ status: 0, account: EMULATED_ACCOUNT });
  expect(new Set(report.findings.map(({ group }) => group)).size).toBe(18);
});

/** What changes nothing, by the verb that AWS begins names of operations with. */
const READS = /^(Get|List|Describe|Head|BatchGet)[A-Z]|^(GET|HEAD) /;

test('calls nothing that changes anything', async () => {
  const proxy = await startOperationProxy(emulator.endpoint);
  process.env['AWS_ENDPOINT_URL'] = proxy.endpoint;
  try {
    const { status } = await examine();
    expect(status).toBe(0);
  } finally {
    process.env['AWS_ENDPOINT_URL'] = emulator.endpoint;
    await proxy.stop();
  }
  expect(proxy.operations.length).toBeGreaterThan(50);
  const others = proxy.operations.filter(({ name }) => !READS.test(name));
  // Whether a key may be used is tried, but only as a dry run, which makes nothing.
  expect(others.filter(({ name, body }) => name !== 'GenerateDataKey' || !body.includes('"DryRun":true'))).toEqual([]);
});

/** Each breaks one thing, of which the finding of that group has to name this. */
const BREAKS: readonly {
  readonly group: string;
  readonly what: string;
  readonly run: () => Promise<unknown>;
  readonly found: RegExp;
  readonly mend: RegExp;
}[] = [
  {
    group: 'configuration',
    what: 'an address of the example',
    run: () => configure({ ...SETTINGS, notification_emails: ['operator@own.test', 'someone@example.com'] }),
    found: /values: .*someone@example\.com/,
    mend: /settings\.json/,
  },
  {
    group: 'buckets',
    what: 'a destination bucket that is gone',
    run: () => clients.s3(TARGET).send(new DeleteBucketCommand({ Bucket: 'restored' })),
    found: /destination bucket restored does not exist/,
    mend: /^aws s3 mb s3:\/\/restored --region us-east-1$/,
  },
  {
    group: 'buckets',
    what: 'a notification that someone took away',
    run: () =>
      clients
        .s3(SOURCE)
        .send(new PutBucketNotificationConfigurationCommand({ Bucket: 'objects', NotificationConfiguration: {} })),
    found: /source bucket objects .*does not tell the queues/,
    mend: /^s3xrc deploy --repair --region eu-west-1$/,
  },
  {
    group: 'replication',
    what: 'replication rules that someone took away',
    run: () => clients.s3(SOURCE).send(new DeleteBucketReplicationCommand({ Bucket: OUTBOUND })),
    found: /rules of .*-outbound: Missing, switched off or changed/,
    mend: /^s3xrc deploy --repair --region eu-west-1$/,
  },
  {
    group: 'keys',
    what: 'a key that is disabled',
    run: async () => {
      const { Aliases = [] } = await clients.kms(TARGET).send(new ListAliasesCommand({}));
      const KeyId = Aliases.find(({ AliasName }) => AliasName === 'alias/app')?.TargetKeyId;
      await clients.kms(TARGET).send(new DisableKeyCommand({ KeyId }));
    },
    found: /alias\/app .*cannot be used: its state is Disabled/,
    mend: /^aws kms describe-key/,
  },
  {
    group: 'stacks',
    what: 'a topic that was changed by hand',
    run: async () => {
      const TopicArn = await alarmTopic(SOURCE, clients);
      const change = { TopicArn, AttributeName: 'DisplayName', AttributeValue: 'changed by hand' };
      await clients.sns(SOURCE).send(new SetTopicAttributesCommand(change));
      const nested = await clients.cloudFormation(SOURCE).send(new ListStackResourcesCommand({ StackName: 'app' }));
      const region = nested.StackResourceSummaries?.find(
        ({ LogicalResourceId }) => LogicalResourceId === 'RegionEuWest1',
      );
      await clients.cloudFormation(SOURCE).send(new DetectStackDriftCommand({ StackName: region?.PhysicalResourceId }));
    },
    found: /app-RegionEuWest1.* changed by hand/,
    mend: /^aws cloudformation describe-stack-resource-drifts/,
  },
  {
    group: 'functions',
    what: 'a function that is switched off',
    run: () =>
      clients
        .lambda(SOURCE)
        .send(new PutFunctionConcurrencyCommand({ FunctionName: 'app-watermark', ReservedConcurrentExecutions: 0 })),
    found: /app-watermark .*switched off/,
    mend: /^aws lambda delete-function-concurrency .*app-watermark$/,
  },
  {
    group: 'functions',
    what: 'a function whose invocations Lambda would drop as a loop',
    run: () =>
      clients
        .lambda(TARGET)
        .send(new PutFunctionRecursionConfigCommand({ FunctionName: 'app-target', RecursiveLoop: 'Terminate' })),
    found: /app-target .*loop/,
    mend: /--recursive-loop Allow$/,
  },
  {
    group: 'functions',
    what: 'a function of another version than all others',
    run: () =>
      clients.lambda(SOURCE).send(
        new UpdateFunctionCodeCommand({
          FunctionName: 'app-resend',
          ImageUri: `${EMULATED_ACCOUNT}.dkr.ecr.${SOURCE}.amazonaws.com/app@sha256:${'2'.repeat(64)}`,
        }),
      ),
    found: /versions: app-resend \(eu-west-1\) runs sha256:2{12}; the other 5 run sha256:/,
    mend: /^s3xrc deploy$/,
  },
  {
    group: 'repository',
    what: 'an image that was deleted',
    run: async () => {
      const { imageIds } = await clients.ecr(TARGET).send(new ListImagesCommand({ repositoryName: 'app' }));
      await clients.ecr(TARGET).send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds }));
    },
    found: /image \(us-east-1\).*not in the registry/,
    mend: /^s3xrc deploy --region us-east-1$/,
  },
  {
    group: 'queues',
    what: 'a dead letter',
    run: async () => {
      const QueueName = `${ruleResourceName('app', rule)}-dead-letters`;
      const { QueueUrl } = await clients.sqs(SOURCE).send(new GetQueueUrlCommand({ QueueName }));
      await clients.sqs(SOURCE).send(new SendMessageCommand({ QueueUrl, MessageBody: 'given up' }));
    },
    found: /-dead-letters .*1 message given up/,
    mend: /^s3xrc dead-letters list --region eu-west-1 --queue app-objects-\w+-dead-letters$/,
  },
  {
    group: 'deletions',
    what: 'a table of deletions that never expire',
    run: async () =>
      (await clients.dynamoDb(TARGET)).send(
        new UpdateTimeToLiveCommand({
          TableName: 'app-deletions',
          TimeToLiveSpecification: { AttributeName: 'ExpiresAt', Enabled: false },
        }),
      ),
    found: /app-deletions \(us-east-1\): What it remembers never expires/,
    mend: /^aws dynamodb update-time-to-live --region us-east-1 --table-name app-deletions .*AttributeName=ExpiresAt$/,
  },
  {
    group: 'replication',
    what: 'an inbound bucket that keeps no versions',
    run: () =>
      clients.s3(TARGET).send(
        new PutBucketVersioningCommand({
          Bucket: `app-${EMULATED_ACCOUNT}-${TARGET}-inbound`,
          VersioningConfiguration: { Status: 'Suspended' },
        }),
      ),
    found: /-inbound.*Keeps no versions/,
    mend: /^aws s3api put-bucket-versioning .*Status=Enabled$/,
  },
  {
    group: 'archives',
    what: 'an archive that was given up',
    run: () =>
      clients.s3(SOURCE).send(
        new PutObjectCommand({
          Bucket: `app-${EMULATED_ACCOUNT}-${SOURCE}-failed`,
          Key: `failed/${rule}/20261101T000000000Z-x.tar.zst`,
          Body: 'archive',
        }),
      ),
    found: /given up \(eu-west-1\).*1 archive/,
    mend: /^s3xrc resend eu-west-1$/,
  },
  {
    group: 'uploads',
    what: 'an upload that was left behind (three days later)',
    run: () =>
      clients.s3(SOURCE).send(new CreateMultipartUploadCommand({ Bucket: OUTBOUND, Key: `${rule}/interrupted` })),
    found: /1 upload older than two days/,
    mend: /^aws s3api abort-multipart-upload .*interrupted/,
  },
  {
    group: 'alarms',
    what: 'an alarm that is on',
    run: () =>
      clients.cloudWatch(TARGET).send(
        new SetAlarmStateCommand({
          AlarmName: 'app-target-dead-letters',
          StateValue: 'ALARM',
          StateReason: 'Threshold crossed',
        }),
      ),
    found: /app-target-dead-letters .*Is on.*Threshold crossed/,
    mend: /^follow docs\/operations\.md#dead-letters$/,
  },
  {
    group: 'alarms',
    what: 'a source bucket that has lost a notification, which the watermark function told',
    run: () =>
      clients.cloudWatch(SOURCE).send(
        new SetAlarmStateCommand({
          AlarmName: 'app-notifications-missing',
          StateValue: 'ALARM',
          StateReason: 'Threshold crossed',
        }),
      ),
    found: /app-notifications-missing .*Is on/,
    mend: /^follow docs\/operations\.md#/,
  },
  {
    group: 'subscriptions',
    what: 'an address that is not subscribed any more',
    run: async () => {
      const TopicArn = await alarmTopic(SOURCE, clients);
      const listed = await clients.sns(SOURCE).send(new ListSubscriptionsByTopicCommand({ TopicArn }));
      const [subscription] = listed.Subscriptions ?? [];
      await clients.sns(SOURCE).send(new UnsubscribeCommand({ SubscriptionArn: subscription?.SubscriptionArn }));
    },
    found: /operator@own\.test \(eu-west-1\): Is not subscribed/,
    mend: /^aws sns subscribe --region eu-west-1 .*operator@own\.test$/,
  },
];

test('names each of the things that are broken, and what mends it', async () => {
  for (const { run } of BREAKS) await run();
  const { status, findings } = await examine('/nonexistent', 3 * DAY);
  expect(status).toBe(1);
  const told = findings.filter((finding) => finding.status === 'failure' || finding.status === 'warning');
  const unnamed = BREAKS.filter(
    ({ group, found, mend }) =>
      !told.some(
        (finding) =>
          finding.group === group && found.test(`${finding.subject}: ${finding.says}`) && mend.test(finding.mend ?? ''),
      ),
  );
  expect(unnamed.map(({ what }) => what)).toEqual([]);
  const subjects = told.map(({ group, subject }) => `${group}: ${subject}`);
  expect(subjects).toEqual(
    expect.arrayContaining(['clock: this machine', 'machine: SAM CLI', 'machine: container engine']),
  );
});

/** The real command, in a process of its own. */
function s3xrc(environment: NodeJS.ProcessEnv, ...args: readonly string[]): ReturnType<typeof spawnSync> {
  const env = { PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true', HOME: folder, ...environment };
  return spawnSync(process.execPath, [MAIN, 'doctor', '--configuration', folder, ...args], { env, encoding: 'utf8' });
}

test('says who has no credentials, and looks at what needs none', () => {
  const { status, stdout, stderr } = s3xrc({ AWS_ENDPOINT_URL: emulator.endpoint });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toMatch(/FAILURE {2}account: AWS does not take the credentials/);
  expect(stdout).toMatch(/^This machine$/m);
  expect(stdout).not.toMatch(/^Buckets$/m);
});

test('ends in time where nothing answers, and says what it could not see', () => {
  const deaf = { ...ENVIRONMENT, AWS_ENDPOINT_URL: emulator.endpoint, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' };
  const { status, stdout } = s3xrc(deaf, '--only', 'queues', '--timeout', '10');
  expect(status).toBe(0);
  expect(stdout).toMatch(/not seen app-target \(us-east-1\): Could not be seen: /);
});

test('refuses a group that does not exist', () => {
  const { status, stderr } = s3xrc(ENVIRONMENT, '--only', 'bucket');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(
      /^error: unknown group bucket; there are configuration, .*\nTry: s3xrc doctor --help\n$/,
    ),
  });
});
