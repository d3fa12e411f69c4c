import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import type { Diagnosis } from '../../src/cli/doctor/diagnosis.ts';
import { runDoctor } from '../../src/cli/doctor/run-doctor.ts';
import { EMULATED_ACCOUNT, startAwsEmulator } from '../support/emulator/aws-emulator.ts';
import { ruleBetween, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo } from '../support/operated/run-s3xrc.ts';
import { printedJson } from '../support/printed-json.ts';
import { startResourceProvider } from '../support/rehearsal/resource-provider.ts';

/** A rule from a bucket to one of its own. */
const rule = (bucket: string): object => ruleBetween(bucket, `${bucket}-copy`);

interface Server {
  readonly endpoint: string;
  stop(): Promise<void>;
}

async function startMoto(): Promise<Server> {
  const provider = await startResourceProvider(() => Promise.resolve({}));
  const moto = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  return {
    endpoint: moto.endpoint,
    stop: async () => {
      await moto.stop();
      await provider.stop();
    },
  };
}

const environment = process.env;

/**
 * Two S3 servers that share no code. Neither answers who pays for requests to a bucket: moto does not know, and ministack
 * 1.5.33 answers with a list of objects. Ministack in this setup checks no permissions.
 */
describe.each([
  ['moto', LOCAL_ACCOUNT_ID, startMoto],
  ['ministack', EMULATED_ACCOUNT, startAwsEmulator],
])("doctor's buckets on %s", (name, account, start) => {
  let server: Server;
  let clients: AwsClients;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-buckets-'));
    server = await start();
    process.env = { ...environment, ...accessTo(server.endpoint) };
    clients = new AwsClients();
  }, 120_000);

  afterAll(async () => {
    clients.close();
    await server.stop();
    await rm(folder, { recursive: true });
    process.env = environment;
  });

  async function makeBucket(
    Bucket: string,
    region: string,
    more: { ObjectLockEnabledForBucket?: boolean } = {},
  ): Promise<void> {
    const CreateBucketConfiguration = { LocationConstraint: SOURCE } as const;
    await clients
      .s3(region)
      .send(new CreateBucketCommand({ Bucket, ...more, ...(region === TARGET ? {} : { CreateBucketConfiguration }) }));
  }

  /** What doctor complains about in the buckets, as `status subject: says`. */
  async function complaints(...buckets: readonly string[]): Promise<string[]> {
    await writeConfiguration(folder, buckets.map(rule));
    const { document } = await printedJson((context) =>
      runDoctor(['--json', '--only', 'buckets', '--configuration', folder], context),
    );
    const { findings } = document as { readonly findings: readonly Diagnosis[] };
    return findings
      .filter(({ status, says }) => status !== 'ok' && !says.includes('who pays'))
      .map(({ status, subject, says }) => `${status} ${subject}: ${says}`);
  }

  test('a good pair of buckets', async () => {
    await makeBucket('good', SOURCE);
    await makeBucket('good-copy', TARGET);
    expect(await complaints('good')).toEqual([]);
  });

  test('a bucket in another region, and a bucket that does not exist', async () => {
    await makeBucket('elsewhere', TARGET);
    expect(await complaints('elsewhere')).toEqual([
      expect.stringMatching(
        /^failure source bucket elsewhere .* is in us-east-1, but replication_config\.json says eu-west-1/,
      ),
      expect.stringMatching(/^failure destination bucket elsewhere-copy .* does not exist/),
    ]);
  });

  test('a default key that no rule names', async () => {
    const key = `arn:aws:kms:${SOURCE}:${account}:key/of-nobody`;
    await makeBucket('encrypted', SOURCE);
    await makeBucket('encrypted-copy', TARGET);
    const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } as const;
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
    await clients
      .s3(SOURCE)
      .send(new PutBucketEncryptionCommand({ Bucket: 'encrypted', ServerSideEncryptionConfiguration }));
    expect(await complaints('encrypted')).toEqual([
      expect.stringMatching(/^failure source bucket encrypted .*encrypts with the KMS key .*of-nobody by default/),
    ]);
  });

  test('a notification of another application for the same objects', async () => {
    await makeBucket('watched', SOURCE);
    await makeBucket('watched-copy', TARGET);
    await clients.sqs(SOURCE).send(new CreateQueueCommand({ QueueName: 'theirs' }));
    const QueueArn = `arn:aws:sqs:${SOURCE}:${account}:theirs`;
    const NotificationConfiguration = {
      QueueConfigurations: [{ Id: 'theirs', QueueArn, Events: ['s3:ObjectCreated:Put' as const] }],
    };
    await clients
      .s3(SOURCE)
      .send(new PutBucketNotificationConfigurationCommand({ Bucket: 'watched', NotificationConfiguration }));
    expect(await complaints('watched')).toEqual([
      expect.stringMatching(/^failure source bucket watched .*has the notification "theirs"/),
    ]);
  });

  test("S3's own replication of the same objects to the same bucket", async () => {
    await makeBucket('replicated', SOURCE);
    await makeBucket('replicated-copy', TARGET);
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    for (const [Bucket, region] of [
      ['replicated', SOURCE],
      ['replicated-copy', TARGET],
    ] as const) {
      await clients.s3(region).send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    const replicationRule = {
      ID: 'native',
      Status: 'Enabled',
      Priority: 1,
      Filter: { Prefix: '' },
      DeleteMarkerReplication: { Status: 'Disabled' },
      Destination: { Bucket: 'arn:aws:s3:::replicated-copy' },
    } as const;
    const ReplicationConfiguration = { Role: 'arn:aws:iam::1:role/r', Rules: [replicationRule] };
    await clients.s3(SOURCE).send(new PutBucketReplicationCommand({ Bucket: 'replicated', ReplicationConfiguration }));
    expect(await complaints('replicated')).toEqual([
      expect.stringMatching(/^warning source bucket replicated .*"native" replicates the same objects/),
    ]);
  });

  test('a policy that denies what the functions are granted', async () => {
    await makeBucket('closed', SOURCE);
    await makeBucket('closed-copy', TARGET);
    const statement = {
      Sid: 'NobodyReads',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:GetObject*',
      Resource: 'arn:aws:s3:::closed/*',
    };
    const secure = {
      Sid: 'OnlyTls',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: 'arn:aws:s3:::closed-copy/*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    await clients
      .s3(SOURCE)
      .send(new PutBucketPolicyCommand({ Bucket: 'closed', Policy: JSON.stringify({ Statement: [statement] }) }));
    await clients
      .s3(TARGET)
      .send(new PutBucketPolicyCommand({ Bucket: 'closed-copy', Policy: JSON.stringify({ Statement: [secure] }) }));
    expect(await complaints('closed')).toEqual([
      expect.stringMatching(/^failure source bucket closed .*"NobodyReads" .*denies s3:GetObject, s3:GetObjectTagging/),
    ]);
  });

  test('policies that deny PUTs like ours', async () => {
    await makeBucket('strict', SOURCE);
    await makeBucket('strict-copy', TARGET);
    const deny = (Sid: string, Condition: object): object => ({
      ...{ Sid, Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::strict-copy/*' },
      Condition,
    });
    const Statement = [
      deny('OnlyEncrypted', { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } }),
      deny('OnlySigned', { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    ];
    await clients
      .s3(TARGET)
      .send(new PutBucketPolicyCommand({ Bucket: 'strict-copy', Policy: JSON.stringify({ Statement }) }));
    expect(await complaints('strict')).toEqual([
      expect.stringMatching(
        /^failure destination bucket strict-copy .*"OnlyEncrypted" .*denies s3:PutObject: it requires/,
      ),
      expect.stringMatching(/^failure destination bucket strict-copy .*"OnlySigned" .*unsigned payloads/),
    ]);
  });

  test('Object Lock at both ends', async () => {
    await makeBucket('locked', SOURCE, { ObjectLockEnabledForBucket: true });
    await makeBucket('locked-copy', TARGET, { ObjectLockEnabledForBucket: true });
    const ObjectLockConfiguration = {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } },
    } as const;
    await clients
      .s3(TARGET)
      .send(new PutObjectLockConfigurationCommand({ Bucket: 'locked-copy', ObjectLockConfiguration }));
    expect(await complaints('locked')).toEqual([
      expect.stringMatching(/^warning source bucket locked .*are not replicated\./),
      expect.stringMatching(/^warning destination bucket locked-copy .*cannot be deleted for 30 days/),
    ]);
  });

  if (name === 'moto') {
    test('an identity without permissions is told what it needs, which is not a failure', async () => {
      await makeBucket('hidden', SOURCE);
      await makeBucket('hidden-copy', TARGET);
      const iam = new IAMClient({ region: SOURCE });
      await iam.send(new CreateUserCommand({ UserName: 'blind' }));
      const Statement = [{ Effect: 'Allow', Action: 'sts:GetCallerIdentity', Resource: '*' }];
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await iam.send(new PutUserPolicyCommand({ UserName: 'blind', PolicyName: 'itself', PolicyDocument }));
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'blind' }));
      iam.destroy();
      process.env['AWS_ACCESS_KEY_ID'] = AccessKey?.AccessKeyId ?? '';
      process.env['AWS_SECRET_ACCESS_KEY'] = AccessKey?.SecretAccessKey ?? '';
      // Permissions are checked from here on.
      await fetch(`${server.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
      const said = await complaints('hidden');
      expect(said.filter((line) => !line.startsWith('unseen '))).toEqual([]);
      expect(said).toContainEqual(
        expect.stringMatching(
          /^unseen source bucket hidden .* may not check this\. It needs s3:ListBucket and s3:GetEncryptionConfiguration\.$/,
        ),
      );
    });
  }
});
