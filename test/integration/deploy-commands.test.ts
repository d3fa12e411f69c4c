import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../src/local/aws-server.ts';
import { createBucket } from '../../src/local/pipeline/bucket-setup.ts';
import { LOCAL_CREDENTIALS } from '../../src/local/region-clients.ts';
import { rulesBetween } from '../support/plans.ts';
import { type Clients, destroyClients, makeClients } from '../support/rehearsal/clients.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Writes each call down, answers like the SAM CLI, and fails at the call that FAIL_AT matches. */
const FAKE_SAM = `#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  *"$FAIL_AT"*) echo "Resource handler returned message" >&2; exit 1 ;;
  "list stack-outputs"*-registry*) [ "$EXISTING" = no ] && { echo "Error: The input stack x does not exist on Cloudformation in the region y" >&2; exit 1; }
    echo '[{"OutputKey": "RepositoryUri", "OutputValue": "registry.example/compressor"}]' ;;
  "list stack-outputs"*) [ "$EXISTING" = no ] && { echo "Error: The input stack x does not exist on Cloudformation in the region y" >&2; exit 1; }
    echo '[{"OutputKey": "Stage", "OutputValue": "all"}]' ;;
esac
`;

const SOURCE = 'eu-west-1';
const STACK = 's3-cross-region-compressor';
const TEMPLATES = 'templates';

let folder: string;
/** Stands for the account that is deployed to. */
let provider: ResourceProvider;
let server: AwsServer;
let account: Clients;

beforeAll(async () => {
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  account = makeClients(SOURCE, server.endpoint, LOCAL_CREDENTIALS);
  await createBucket(account.s3, 'us-east-1', TEMPLATES);
}, 120_000);

afterAll(async () => {
  destroyClients(account);
  await server.stop();
  await provider.stop();
});

/** The stack of the source region with a nested stack of each name, which has one queue. */
async function deployedWith(...names: readonly string[]): Promise<void> {
  const nested = { Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Name' } } } } };
  const Body = JSON.stringify({ ...nested, Parameters: { Name: { Type: 'String' } } });
  await account.s3.send(new PutObjectCommand({ Bucket: TEMPLATES, Key: 'rule.json', Body }));
  const TemplateURL = `https://s3.amazonaws.com/${TEMPLATES}/rule.json`;
  const stacks = names.map((name) => [
    name,
    { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL, Parameters: { Name: `queue-of-${name}` } } },
  ]);
  const TemplateBody = JSON.stringify({ Resources: Object.fromEntries(stacks) as unknown });
  await account.cloudFormation.send(new CreateStackCommand({ StackName: STACK, TemplateBody }));
}

async function send(name: string, count: number): Promise<string> {
  const QueueUrl = `${server.endpoint}/123456789012/queue-of-${name}`;
  for (let sent = 0; sent < count; sent += 1) {
    await account.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
  }
  return QueueUrl;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sam-'));
  await writeFile(join(folder, 'sam'), FAKE_SAM);
  await chmod(join(folder, 'sam'), 0o755);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly string[];
}

async function command(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const calls = join(folder, 'calls');
  await writeFile(calls, '');
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    CALLS: calls,
    FAIL_AT: 'nothing',
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    ...environment,
  };
  const child = run(process.execPath, [join(PROJECT, `src/cli/${name}.ts`), ...args], { cwd: PROJECT, env });
  const { status, stdout, stderr } = await child.then(
    (ended) => ({ status: 0, ...ended }),
    (thrown: unknown) => {
      const failed = thrown as { readonly code: number; readonly stdout: string; readonly stderr: string };
      return { ...failed, status: failed.code };
    },
  );
  const lines = (await readFile(calls, 'utf8')).split('\n').filter((line) => line !== '');
  return { status, stdout, stderr, calls: lines };
}

describe('npm run deploy', () => {
  test('builds once and deploys targets before sources, each with its own registry', async () => {
    const { status, calls, stdout } = await command('deploy', []);
    expect(status).toBe(0);
    expect(calls[0]).toBe('build');
    const regions = calls.filter((call) => call.includes('--image-repository registry.example/compressor'));
    expect(regions.map((call) => /--config-env (\S+)/.exec(call)?.[1])).toEqual([
      'us-east-1',
      'ap-southeast-2',
      'eu-west-1',
    ]);
    expect(regions.every((call) => call.endsWith('--parameter-overrides Stage=all'))).toBe(true);
    expect(calls.filter((call) => call.includes('src/stacks/registry.yaml'))).toHaveLength(3);
    expect(stdout).toMatch(/\[3\/3\] eu-west-1/);
  });

  test('stops at the first failure and says what is done and what to do', async () => {
    const failAt = 'deploy --config-env ap-southeast-2 --image-repository';
    const { status, calls, stderr } = await command('deploy', [], { FAIL_AT: failAt });
    expect(status).toBe(1);
    expect(calls.at(-1)).toContain('--config-env ap-southeast-2');
    expect(stderr).toContain('Stopped at ap-southeast-2');
    expect(stderr).toContain('Done: us-east-1');
    expect(stderr).toContain('Not begun: eu-west-1');
    expect(stderr).toContain('npm run deploy');
  });

  test('deploys one region when asked, and refuses one that is not configured', async () => {
    const { calls } = await command('deploy', ['--region', 'us-east-1']);
    expect(calls.filter((call) => call.includes('--image-repository'))).toHaveLength(1);
    const { status, stderr, calls: none } = await command('deploy', ['--region', 'us-east-9']);
    expect({ status, none }).toEqual({ status: 1, none: [] });
    expect(stderr).toContain('us-east-9: not in enabled_regions');
  });

  test('says how to get the SAM CLI when it is not there', async () => {
    await rm(join(folder, 'sam'));
    const { status, stderr } = await command('deploy', [], { PATH: folder });
    expect(status).toBe(1);
    expect(stderr).toContain('requirements/deploy.txt');
  });
});

/** As the example's rule, and a rule that the configuration does not have any more. */
const STAYS = 'RuleExampleDocumentsA82747f3ed';
const GOES = 'RuleFormerBucket0123456789';

describe('queues that are not empty', () => {
  afterEach(async () => {
    await account.cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
  });

  test('keep a rule from being taken away before anything is deployed, unless it is forced', async () => {
    await deployedWith(STAYS, GOES);
    await send(STAYS, 1);
    const QueueUrl = await send(GOES, 3);
    await account.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }));
    const { status, calls, stderr } = await command('deploy', []);
    expect(status).toBe(1);
    expect(calls).toEqual(['build']);
    expect(stderr).toContain(`queue-of-${GOES}: 2 waiting, 1 in work`);
    expect(stderr).not.toContain(STAYS);
    expect(stderr).toMatch(/eu-west-1.*docs\/operations\.md.*--force/s);
    expect((await command('deploy', ['--force'])).status).toBe(0);
  });

  test('are no matter when their rules stay, or when they are empty', async () => {
    await deployedWith(STAYS, GOES);
    await send(STAYS, 1);
    expect((await command('deploy', [])).status).toBe(0);
  });

  test('keep a region from being removed, unless it is forced', async () => {
    await deployedWith(STAYS);
    await send(STAYS, 1);
    const { status, calls, stderr } = await command('remove', ['--yes']);
    expect(status).toBe(1);
    expect(calls.filter((call) => call.startsWith('delete'))).toEqual([]);
    expect(stderr).toContain(`queue-of-${STAYS}: 1 waiting, 0 in work`);
    const forced = await command('remove', ['--yes', '--force']);
    expect(forced.calls.filter((call) => call.startsWith('delete'))).toHaveLength(6);
  });

  test('cannot be told from empty ones without permission, and then nothing is deployed', async () => {
    const { status, calls, stderr } = await command('deploy', [], { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    expect({ status, calls }).toEqual({ status: 1, calls: ['build'] });
    expect(stderr).toMatch(/cannot be seen.*cloudformation:ListStackResources.*--force/s);
  });
});

describe('npm run remove', () => {
  test('only says what it would do, without --yes', async () => {
    const { status, calls, stdout } = await command('remove', []);
    expect({ status, calls }).toEqual({ status: 0, calls: [] });
    expect(stdout).toContain('eu-west-1, then ');
  });

  test('deletes sources before targets, and with each stack its registry', async () => {
    const { calls } = await command('remove', ['--yes']);
    const deleted = calls.filter((call) => call.startsWith('delete'));
    expect(deleted.map((call) => /--region (\S+)/.exec(call)?.[1])).toEqual([
      'eu-west-1',
      'eu-west-1',
      'ap-southeast-2',
      'ap-southeast-2',
      'us-east-1',
      'us-east-1',
    ]);
    expect(deleted[1]).toContain('-registry');
  });

  test('passes over stacks that do not exist', async () => {
    const { status, calls } = await command('remove', ['--yes'], { EXISTING: 'no' });
    expect(status).toBe(0);
    expect(calls.filter((call) => call.startsWith('delete'))).toEqual([]);
  });
});

describe('npm run configure', () => {
  test('writes files that --check then finds up to date, and notices a change', async () => {
    await using configuration = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': [] });
    const options = ['--configuration', configuration.folder, '--out', folder];
    expect((await command('configure', [...options, '--check'])).status).toBe(1);
    const written = await command('configure', options);
    expect(written.status).toBe(0);
    expect(written.stdout).toContain('s3://from-eu-west-1-to-us-east-1/*');
    expect(written.stdout).toMatch(/Fixed cost: about \d+\.\d\d USD a month/);
    expect((await command('configure', [...options, '--check'])).status).toBe(0);
    const template = join(folder, 'template.yaml');
    await writeFile(template, `${await readFile(template, 'utf8')}\n`);
    const stale = await command('configure', [...options, '--check']);
    expect(stale.status).toBe(1);
    expect(stale.stderr).toContain('run `npm run configure`');
  });

  test('explains mistakes of the configuration and writes nothing', async () => {
    await using configuration = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': [] });
    await writeFile(join(configuration.folder, 'settings.json'), '{"stack_nam": "x"}');
    const { status, stderr } = await command('configure', [
      '--configuration',
      configuration.folder,
      '--out',
      join(folder, 'out'),
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain('stack_name');
    await expect(readFile(join(folder, 'out', 'template.yaml'))).rejects.toThrow('ENOENT');
  });
});
