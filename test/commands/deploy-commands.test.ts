import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateStackCommand, DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  DeleteResourcePolicyCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createBucket } from '../../local-cloud/pipeline/bucket-setup.ts';
import { LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { rulesBetween } from '../support/plans.ts';
import { type Clients, destroyClients, makeClients } from '../support/rehearsal/clients.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** A test runs several commands, each in a new process. */
jest.setTimeout(300_000);

/** Records each call, answers like the SAM CLI, and fails at the call that FAIL_AT matches. test/deploy runs the real one. */
const FAKE_SAM = `#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  *"$FAIL_AT"*) echo "Resource handler returned message" >&2; exit 1 ;;
  package*) for last in "$@"; do :; done; mkdir -p .aws-sam/image; echo "      ImageUri: registry.example/compressor:image" > "$last" ;;
esac
`;

const SOURCE = 'eu-west-1';
const STACK = 's3-cross-region-compressor';
const REGIONS = [SOURCE, 'us-east-1', 'ap-southeast-2'];
const TEMPLATES = 'templates';
/** Outputs of a registry stack. */
const REGISTRY = { RepositoryUri: 'registry.example/compressor' };
/** Users have to replace the example with their own values. */
const OWN = (text: string) => text.replaceAll(/"example-/g, '"own-').replaceAll('@example.com', '@own.test');

/** A checkout configured with its own buckets; each test gets a copy. */
let prepared: string;
/** Logical id of the stack of a configured rule. */
let stays: string;
let folder: string;
/** A separate checkout, since deploying writes to samconfig.toml. */
let checkout: string;
/** The account to deploy to. */
let provider: ResourceProvider;
let server: AwsServer;
let account: Clients;

beforeAll(async () => {
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  account = makeClients(SOURCE, server.endpoint, LOCAL_CREDENTIALS);
  await createBucket(account.s3, 'us-east-1', TEMPLATES);
  for (const region of REGIONS) await standing(region, `${STACK}-registry`, REGISTRY);
  prepared = await mkdtemp(join(tmpdir(), 'prepared-'));
  for (const name of ['src', 'configuration', 'package.json', 'template.yaml', 'samconfig.toml']) {
    await cp(join(PROJECT, name), join(prepared, name), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(prepared, 'node_modules'));
  for (const name of ['settings.json', 'replication_config.json']) {
    const path = join(prepared, 'configuration', name);
    await writeFile(path, OWN(await readFile(path, 'utf8')));
  }
  await run(process.execPath, [join(prepared, 'src/cli/main.ts'), 'configure'], { cwd: prepared });
  stays = /^ {2}(RuleOwnDocuments\w+):$/m.exec(await readFile(join(prepared, 'template.yaml'), 'utf8'))?.[1] ?? '';
}, 600_000);

afterAll(async () => {
  destroyClients(account);
  await server.stop();
  await provider.stop();
  await rm(prepared, { recursive: true });
});

/** Creates a stack with outputs. */
async function standing(region: string, StackName: string, outputs: Readonly<Record<string, string>>): Promise<void> {
  const clients = makeClients(region, server.endpoint, LOCAL_CREDENTIALS);
  const Queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: `of-${StackName}` } };
  const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
  const TemplateBody = JSON.stringify({ Resources: { Queue }, Outputs });
  await clients.cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
  destroyClients(clients);
}

async function deleteStacks(StackName: string): Promise<void> {
  for (const region of REGIONS) {
    const clients = makeClients(region, server.endpoint, LOCAL_CREDENTIALS);
    await clients.cloudFormation.send(new DeleteStackCommand({ StackName }));
    destroyClients(clients);
  }
}

/** Names of our existing stacks, in all regions. */
async function stacksLeft(): Promise<string[]> {
  const left: string[] = [];
  for (const region of REGIONS) {
    const clients = makeClients(region, server.endpoint, LOCAL_CREDENTIALS);
    const { Stacks = [] } = await clients.cloudFormation.send(new DescribeStacksCommand({}));
    left.push(...Stacks.map(({ StackName = '' }) => `${region} ${StackName}`).filter((name) => name.includes(STACK)));
    destroyClients(clients);
  }
  return left;
}

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
  checkout = join(folder, 'checkout');
  await cp(prepared, checkout, { recursive: true, verbatimSymlinks: true });
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
  input = '',
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
  const child = run(process.execPath, [join(checkout, 'src/cli/main.ts'), name, ...args], { cwd: checkout, env });
  child.child.stdin?.end(input);
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
    expect(calls[0]).toMatch(/^build --template-file \.aws-sam\/image\.yaml /);
    const regions = calls.filter((call) => call.includes('--parameter-overrides Stage=all'));
    expect(regions.map((call) => /--config-env (\S+)/.exec(call)?.[1])).toEqual([
      'us-east-1',
      'ap-southeast-2',
      'eu-west-1',
    ]);
    expect(calls.filter((call) => call.includes('src/stacks/registry.yaml'))).toHaveLength(3);
    expect(stdout).toMatch(/\[3\/3\] eu-west-1/);
  });

  test('pushes the image once to a region that is deployed in two rounds', async () => {
    const regions = ['eu-west-1', 'us-east-1'];
    const settings = JSON.parse(await readFile(join(checkout, 'configuration/settings.json'), 'utf8')) as object;
    const enabled_regions = regions.map((region) => ({ region, source_target: ['source', 'target'] }));
    const rule = (from = '', to = '') => ({
      source: { region: from, bucket: `own-${from}` },
      destinations: [{ region: to, bucket: `own-copy-${to}` }],
    });
    const replication_configuration = [rule(...regions), rule(...regions.toReversed())];
    const write = (name: string, content: object) =>
      writeFile(join(checkout, 'configuration', name), JSON.stringify(content));
    await write('settings.json', { ...settings, enabled_regions });
    await write('replication_config.json', { replication_configuration });
    expect((await command('configure', [])).status).toBe(0);
    const { status, calls, stdout } = await command('deploy', []);
    expect(status).toBe(0);
    expect(stdout).toContain('Deployed: eu-west-1 (targets only), us-east-1 (targets only), eu-west-1, us-east-1.');
    const pushed = calls.filter((call) => call.startsWith('package ')).map((call) => /--region (\S+)/.exec(call)?.[1]);
    expect(pushed).toEqual(regions);
  });

  test('stops before it builds anything if the account has no room for a fallback, and says how to fix it', async () => {
    const client = new CloudWatchLogsClient({
      region: SOURCE,
      endpoint: server.endpoint,
      credentials: LOCAL_CREDENTIALS,
    });
    const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const names = Array.from({ length: 10 }, (_, index) => `policy-${index}`);
    for (const policyName of names) await client.send(new PutResourcePolicyCommand({ policyName, policyDocument }));
    try {
      const path = join(checkout, 'configuration/replication_config.json');
      const { replication_configuration: rules } = JSON.parse(await readFile(path, 'utf8')) as {
        replication_configuration: { source: object }[];
      };
      const changed = rules.map((rule) => ({ ...rule, source: { ...rule.source, fallback: true } }));
      await writeFile(path, JSON.stringify({ replication_configuration: changed }));
      expect((await command('configure', [])).status).toBe(0);
      const { status, calls, stdout, stderr } = await command('deploy', ['--dry-run']);
      expect([status, calls]).toEqual([1, []]);
      expect(stdout).toMatch(/resource policies of CloudWatch Logs \(eu-west-1\): The account has 10 of 10/);
      expect(stdout).toContain('fix: aws logs delete-resource-policy --region eu-west-1');
      expect(stderr).toContain('The deployment would fail: resource policies of CloudWatch Logs (eu-west-1)');
    } finally {
      for (const policyName of names) await client.send(new DeleteResourcePolicyCommand({ policyName }));
      client.destroy();
    }
  });

  test('stops at the first failure and says what is deployed and what to do', async () => {
    const failAt = 'deploy --config-env ap-southeast-2 --parameter-overrides Stage';
    const { status, calls, stderr } = await command('deploy', [], { FAIL_AT: failAt });
    expect(status).toBe(1);
    expect(calls.at(-1)).toContain('--config-env ap-southeast-2');
    expect(stderr).toContain('Stopped at ap-southeast-2');
    expect(stderr).toContain('Done: us-east-1');
    expect(stderr).toContain('Not started: eu-west-1');
    expect(stderr).toContain('npm run deploy');
  });

  test('deploys one region when asked, and refuses one that is not configured', async () => {
    const { calls } = await command('deploy', ['--region', 'us-east-1']);
    expect(calls.filter((call) => call.includes('Stage=all'))).toHaveLength(1);
    const { status, stderr, calls: none } = await command('deploy', ['--region', 'us-east-9']);
    expect({ status, none }).toEqual({ status: 2, none: [] });
    expect(stderr).toContain('us-east-9: not in enabled_regions');
  });

  test("saves the repository of a region's image, so that `sam deploy --config-env REGION` works without further options", async () => {
    const samConfig = join(checkout, 'samconfig.toml');
    const before = await readFile(samConfig, 'utf8');
    await command('deploy', ['--region', 'us-east-1']);
    const saved = await readFile(samConfig, 'utf8');
    const line = 'image_repository = "registry.example/compressor"\n';
    expect(saved.replace(line, '')).toBe(before);
    const table = saved.slice(saved.indexOf('[us-east-1.deploy.parameters]'), saved.indexOf('[ap-southeast-2.global'));
    expect(table).toContain(line);
    expect((await command('deploy', [])).status).toBe(0);
    expect((await command('configure', ['--check'])).status).toBe(0);
    expect((await readFile(samConfig, 'utf8')).split(line)).toHaveLength(4);
  });

  test('makes CloudFormation call the custom resources again with --repair, through a new value each time', async () => {
    const { calls } = await command('deploy', ['--region', 'us-east-1', '--repair']);
    const repairs = calls.flatMap((call) => /Stage=all Repair=(\S+)/.exec(call)?.[1] ?? []);
    expect(repairs).toHaveLength(1);
    expect(Math.abs(Date.now() - Date.parse(repairs[0] ?? ''))).toBeLessThan(3_600_000);
    const { calls: plain } = await command('deploy', ['--region', 'us-east-1']);
    expect(plain.filter((call) => call.includes('Repair='))).toEqual([]);
  });

  test('keeps the repositories that `sam deploy --guided` wrote for a region', async () => {
    const samConfig = join(checkout, 'samconfig.toml');
    const table = '[us-east-1.deploy.parameters]\n';
    const text = await readFile(samConfig, 'utf8');
    const guided = text.replace(
      table,
      `${table}image_repositories = ["RegionUsEast1/DeploymentFunction=a.example/b"]\n`,
    );
    await writeFile(samConfig, guided);
    const { status, calls } = await command('deploy', ['--region', 'us-east-1']);
    expect({ status, calls }).toEqual({
      status: 0,
      calls: [
        expect.stringContaining('image.yaml'),
        'build',
        'deploy --config-env us-east-1 --parameter-overrides Stage=all',
      ],
    });
    expect(await readFile(samConfig, 'utf8')).toBe(guided);
  });

  test('says how to install the SAM CLI if it is missing', async () => {
    await rm(join(folder, 'sam'));
    const { status, stderr } = await command('deploy', [], { PATH: folder });
    expect(status).toBe(1);
    expect(stderr).toContain('requirements/deploy.txt');
  });
});

describe('npm run deploy -- --configuration', () => {
  const OTHER = 'compressor';
  const ARCHIVES = 'us-east-1';

  beforeAll(async () => {
    for (const region of REGIONS) await standing(region, `${OTHER}-registry`, REGISTRY);
  });
  afterAll(() => deleteStacks(`${OTHER}-registry`));

  test('builds and deploys from that folder, and leaves the files of the project alone', async () => {
    await using configuration = await rulesBetween({ [SOURCE]: [ARCHIVES], [ARCHIVES]: [] });
    const place = configuration.folder;
    const chosen = ['--configuration', place];
    const refused = await command('deploy', chosen);
    expect([refused.status, refused.calls]).toEqual([1, []]);
    expect(refused.stderr).toContain(
      `template.yaml and samconfig.toml are not up to date: run \`s3xrc configure --configuration ${place} --out ${place}\`.`,
    );
    const configured = await command('configure', [...chosen, '--out', place]);
    expect(configured.stdout).toContain(`\`s3xrc deploy --configuration ${place}\` deploys this.`);

    const read = (...path: string[]): Promise<string> => readFile(join(...path), 'utf8');
    const [template, samConfig] = [await read(checkout, 'template.yaml'), await read(checkout, 'samconfig.toml')];
    const { status, calls, stdout } = await command('deploy', chosen);
    expect(status).toBe(0);
    expect(stdout).toContain(`Deployed: ${ARCHIVES}, ${SOURCE}.`);
    expect(calls.filter((call) => !call.includes(`--config-file ${place}/samconfig.toml`))).toEqual([]);
    expect(await read(checkout, '.aws-sam/image.yaml')).toContain(
      'DockerBuildArgs: { CONFIGURATION: .aws-sam/configuration }',
    );
    for (const name of ['settings.json', 'replication_config.json']) {
      expect(await read(checkout, '.aws-sam/configuration', name)).toBe(await read(place, name));
    }
    // It has no prices.json of its own.
    expect(await read(checkout, '.aws-sam/configuration/prices.json')).toBe(
      await read(checkout, 'configuration/prices.json'),
    );
    const deployed = await read(checkout, `.aws-sam/deploy/${SOURCE}/template.yaml`);
    expect(deployed).toContain(`Description: "${OTHER} - `);
    expect([...deployed.matchAll(/Location: (\S*)\//g)].map(([, folder]) => folder)).toContain('src/stacks');
    expect(await read(place, 'samconfig.toml')).toContain('image_repository = "registry.example/compressor"\n');
    expect([await read(checkout, 'template.yaml'), await read(checkout, 'samconfig.toml')]).toEqual([
      template,
      samConfig,
    ]);

    // The project's image contains its own configuration again.
    expect((await command('deploy', ['--region', ARCHIVES])).status).toBe(0);
    expect(await read(checkout, '.aws-sam/image.yaml')).not.toContain('DockerBuildArgs');
  });

  test('refuses repositories from `sam deploy --guided`, whose images would have another configuration', async () => {
    await using configuration = await rulesBetween({ [SOURCE]: [ARCHIVES], [ARCHIVES]: [] });
    const place = configuration.folder;
    await command('configure', ['--configuration', place, '--out', place]);
    const samConfig = join(place, 'samconfig.toml');
    const table = `[${ARCHIVES}.deploy.parameters]\n`;
    const text = await readFile(samConfig, 'utf8');
    await writeFile(samConfig, text.replace(table, `${table}image_repositories = ["A/Function=a.example/b"]\n`));
    const { status, calls, stderr } = await command('deploy', ['--configuration', place]);
    expect([status, calls]).toEqual([2, []]);
    expect(stderr).toContain(`has image_repositories in [${ARCHIVES}.deploy.parameters]`);
  });
});

describe('npm run deploy, when regions start to send to each other', () => {
  afterEach(async () => {
    await deleteStacks('compressor');
    await deleteStacks('compressor-registry');
  });

  /** Configures both directions, and lets the stacks have these outputs. */
  async function bothDirections(outputs: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<Ended> {
    await using configuration = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': ['eu-west-1'] });
    for (const name of ['settings.json', 'replication_config.json']) {
      await cp(join(configuration.folder, name), join(checkout, 'configuration', name));
    }
    expect((await command('configure', [])).status).toBe(0);
    for (const [region, found] of Object.entries(outputs)) await standing(region, 'compressor', found);
    for (const region of REGIONS) {
      await standing(region, 'compressor-registry', REGISTRY);
    }
    return await command('deploy', []);
  }

  const stagesOf = ({ calls }: Ended) =>
    calls.flatMap((call) => {
      const [, region = '', deployed] = /--config-env (\S+) .*Stage=(\S+)/.exec(call) ?? [];
      return deployed === undefined ? [] : [`${region} ${deployed}`];
    });

  test('deploys targets first if nothing is deployed yet', async () => {
    expect(stagesOf(await bothDirections({}))).toEqual([
      'eu-west-1 targets',
      'us-east-1 targets',
      'eu-west-1 all',
      'us-east-1 all',
    ]);
  });

  test('deploys the whole stack to a region that previously only sent, never its targets alone', async () => {
    const ended = await bothDirections({
      'eu-west-1': { Stage: 'all' },
      'us-east-1': { Stage: 'all', InboundBucketUsEast1: 'bucket' },
    });
    expect(stagesOf(ended)).toEqual(['eu-west-1 all', 'us-east-1 all']);
  });

  test('changes nothing and says which steps to take if no order works', async () => {
    const ended = await bothDirections({ 'eu-west-1': { Stage: 'all' }, 'us-east-1': { Stage: 'all' } });
    expect({ status: ended.status, stages: stagesOf(ended) }).toEqual({ status: 1, stages: [] });
    expect(ended.calls).toEqual([]);
    expect(ended.stderr).toMatch(/eu-west-1, us-east-1 cannot be deployed/);
    expect(ended.stderr).toMatch(/from-eu-west-1-to-us-east-1-[0-9a-f]{10}: destination in us-east-1/);
  });
});

/** A rule that is no longer in the configuration. */
const GOES = 'RuleFormerBucket0123456789';

describe('the check for empty queues', () => {
  afterEach(async () => {
    await account.cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
  });

  test('stops the removal of a rule before anything is deployed, unless it is forced', async () => {
    await deployedWith(stays, GOES);
    await send(stays, 1);
    const QueueUrl = await send(GOES, 3);
    await account.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }));
    const { status, calls, stderr } = await command('deploy', []);
    expect(status).toBe(1);
    expect(calls).toEqual([]);
    expect(stderr).toContain(`queue-of-${GOES}: 2 waiting, 1 in progress`);
    expect(stderr).not.toContain(stays);
    expect(stderr).toMatch(/eu-west-1.*docs\/operations\.md.*--force/s);
    expect((await command('deploy', ['--force'])).status).toBe(0);
  });

  test('lets a deployment through if the rules stay, or if the queues are empty', async () => {
    await deployedWith(stays, GOES);
    await send(stays, 1);
    expect((await command('deploy', [])).status).toBe(0);
  });

  test('stops the removal of a region, unless it is forced', async () => {
    await deployedWith(stays);
    await send(stays, 1);
    const { status, stderr } = await command('remove', ['--yes', '--region', SOURCE]);
    expect(status).toBe(1);
    expect(await stacksLeft()).toContain(`${SOURCE} ${STACK}`);
    expect(stderr).toContain(`queue-of-${stays}: 1 waiting, 0 in progress`);
    const forced = await command('remove', ['--yes', '--force', '--region', SOURCE]);
    expect(forced.status).toBe(0);
    expect((await stacksLeft()).filter((name) => name.startsWith(SOURCE))).toEqual([]);
    await standing(SOURCE, `${STACK}-registry`, REGISTRY);
  });

  test('stops before the build if AWS does not respond', async () => {
    const { status, calls, stderr } = await command('deploy', [], { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    expect({ status, calls }).toEqual({ status: 1, calls: [] });
    expect(stderr).toContain('Nothing was built or changed');
  });
});

describe('npm run remove', () => {
  test('only says what it would do with --dry-run', async () => {
    const { status, calls, stdout } = await command('remove', ['--dry-run']);
    expect({ status, calls }).toEqual({ status: 0, calls: [] });
    expect(stdout).toContain('eu-west-1, then ');
  });

  test('does nothing without --yes if nobody can be asked', async () => {
    const before = await stacksLeft();
    const { status, stderr } = await command('remove', [], {}, `${STACK}\n`);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: Delete the stacks .* There is no terminal to answer on: add --yes\./m);
    expect(await stacksLeft()).toEqual(before);
  });

  test('deletes sources before targets, each stack with its registry, and skips what does not exist', async () => {
    await standing(SOURCE, STACK, { Stage: 'all' });
    const { status, stdout } = await command('remove', ['--yes']);
    expect(status).toBe(0);
    expect(stdout.split('\n').filter((line) => /^Deleting|does not exist/.test(line))).toEqual([
      `Deleting ${STACK} in eu-west-1 ...`,
      `Deleting ${STACK}-registry in eu-west-1 ...`,
      `${STACK} does not exist in ap-southeast-2.`,
      `Deleting ${STACK}-registry in ap-southeast-2 ...`,
      `${STACK} does not exist in us-east-1.`,
      `Deleting ${STACK}-registry in us-east-1 ...`,
    ]);
    expect(await stacksLeft()).toEqual([]);
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
    expect(stale.stderr).toContain(`run \`s3xrc configure --configuration ${configuration.folder} --out ${folder}\`.`);
  });

  test('makes the next deployment read the prices again when one changes in prices.json', async () => {
    const revision = async () => /Revision: (.*)/.exec(await readFile(join(checkout, 'template.yaml'), 'utf8'))?.[1];
    const before = await revision();
    const prices = join(checkout, 'configuration/prices.json');
    const text = await readFile(prices, 'utf8');
    await writeFile(prices, `${text}\n`);
    await command('configure', []);
    expect(await revision()).toBe(before);
    await writeFile(prices, text.replace(/"sqs_request": [^,\n]+/, '"sqs_request": 0.123'));
    await command('configure', []);
    expect(await revision()).not.toBe(before);
  });

  test("refuses to write the project's template for a configuration that its image does not contain", async () => {
    await using configuration = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': [] });
    const before = await readFile(join(checkout, 'template.yaml'), 'utf8');
    const refused = await command('configure', ['--configuration', configuration.folder]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`s3xrc configure --configuration ${configuration.folder} --out `);
    expect(refused.stderr).toContain(`s3xrc deploy --configuration ${configuration.folder}`);
    expect(await readFile(join(checkout, 'template.yaml'), 'utf8')).toBe(before);
    // A check for mistakes writes no template.
    const checked = await command('configure', ['--configuration', configuration.folder, '--check']);
    expect([checked.status, checked.stderr]).toEqual([1, expect.stringContaining('not up to date')]);
    const elsewhere = ['--configuration', configuration.folder, '--out', join(folder, 'out')];
    expect((await command('configure', elsewhere)).stdout).toContain('These files are only for inspection: ');
  });

  test('explains mistakes in the configuration and writes nothing', async () => {
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
