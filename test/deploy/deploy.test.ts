import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsEmulator, EMULATED_ACCOUNT } from '../support/emulator/aws-emulator.ts';
import type { Checkout } from '../support/emulator/checkout.ts';
import type { ContainerEngine } from '../support/emulator/container-engine.ts';
import { openDeployingCheckout } from '../support/emulator/deploying-checkout.ts';

const MINUTES = 60_000;
const STACK = 'rehearsed';
const SOURCE = 'eu-west-1';
const TARGET = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

let emulator: AwsEmulator;
let engine: ContainerEngine;
let checkout: Checkout;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ emulator, engine, checkout, stop } = await openDeployingCheckout());
}, 15 * MINUTES);

afterAll(() => stop());

beforeEach(() => {
  engine.forget();
});

const settings = {
  stack_name: STACK,
  enabled_regions: [
    { region: SOURCE, source_target: ['source'] },
    { region: TARGET, source_target: ['target'] },
  ],
  tags: { team: 'storage' },
};

const rule = (bucket: string, more: object = {}) => ({
  source: { region: SOURCE, bucket, ...more },
  destinations: [{ region: TARGET, bucket: `${bucket}-copy` }],
});

function clientOf<T>(Client: new (options: object) => T, region: string): T {
  return new Client({ region, endpoint: emulator.endpoint, credentials: CREDENTIALS });
}

/** Names of the stacks in a region, without nested ones. */
async function stacksIn(region: string): Promise<string[]> {
  const { StackSummaries = [] } = await clientOf(CloudFormationClient, region).send(new ListStacksCommand({}));
  const roots = StackSummaries.filter(({ StackStatus, ParentId }) => StackStatus !== 'DELETE_COMPLETE' && !ParentId);
  return roots.map(({ StackName = '' }) => StackName).toSorted();
}

/** Logical ids of the nested stacks in a region. */
async function nestedIn(region: string): Promise<string[]> {
  const client = clientOf(CloudFormationClient, region);
  const names: string[] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName: STACK })) {
    for (const { ResourceType, LogicalResourceId = '' } of StackResourceSummaries) {
      if (ResourceType === 'AWS::CloudFormation::Stack') names.push(LogicalResourceId.replace(/[0-9a-f]{10}$/i, ''));
    }
  }
  return names.toSorted();
}

/** Megabytes of the packing function of a rule. */
async function memoryOf(bucket: string): Promise<number | undefined> {
  const { Functions = [] } = await clientOf(LambdaClient, SOURCE).send(new ListFunctionsCommand({}));
  return Functions.find(({ FunctionName = '' }) => FunctionName.startsWith(`${STACK}-${bucket}-`))?.MemorySize;
}

/** Receives the test events of S3 from the archive queues, as the functions of the regions would. */
async function receiveTestEvents(): Promise<void> {
  for (const [region, name] of [
    [SOURCE, 'replication-failures'],
    [TARGET, 'target'],
  ] as const) {
    const sqs = clientOf(SQSClient, region);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${STACK}-${name}` }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  }
}

/** Fails with the output of the command. */
async function succeed(args: readonly string[], options: Parameters<Checkout['npm']>[1] = {}): Promise<string> {
  const { status, output } = await checkout.npm(args, options);
  if (status !== 0) throw new Error(`npm run ${args.join(' ')} ended with ${status}:\n${output}`);
  return output;
}

const OURS = [STACK, `${STACK}-registry`];
const registryOf = (region: string) => `${EMULATED_ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${STACK}`;
const pushedTo = () => engine.pushes.map(({ image }) => image.slice(0, image.lastIndexOf(':'))).toSorted();

describe('before anything is built', () => {
  test(
    'the unchanged example is refused with a sentence',
    async () => {
      for (const args of [['deploy', '--', '--dry-run'], ['deploy']]) {
        const { status, output } = await checkout.npm(args);
        expect(output).toMatch(/still has values of the example: example-documents, .*storage-team@example\.com/);
        expect(status).not.toBe(0);
      }
      expect(engine.builds).toEqual([]);
    },
    2 * MINUTES,
  );

  test(
    'credentials that AWS rejects stop the deployment',
    async () => {
      expect((await checkout.configure(settings, [rule('invoices'), rule('reports')])).status).toBe(0);
      const environment = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
      const { status, output } = await checkout.npm(['deploy'], { environment });
      expect(status).not.toBe(0);
      expect(output).toMatch(/does not accept the credentials of this shell.*aws sts get-caller-identity/s);
      expect(engine.builds).toEqual([]);
    },
    2 * MINUTES,
  );

  test(
    'a dry run names the account and what it would create, and does nothing',
    async () => {
      const { status, output } = await checkout.npm(['deploy', '--', '--dry-run']);
      expect(status).toBe(0);
      expect(output).toContain(`Account ${EMULATED_ACCOUNT}, as arn:aws:`);
      expect(output).toMatch(
        /1\. us-east-1: receives; nothing deployed yet\n {3}creates {2}RegionUsEast1, TargetUsEast1\n/,
      );
      expect(output).toMatch(/2\. eu-west-1: sends; nothing deployed yet\n {3}creates .*RuleInvoices/);
      expect(output).toMatch(/may use \d+ concurrent executions.*; the account allows \d+/);
      expect([engine.builds, await stacksIn(SOURCE), await stacksIn(TARGET)]).toEqual([[], [], []]);
    },
    2 * MINUTES,
  );

  test.each([
    [['deploy', '--region=us-east-1', '--', '--dry-run'], 'npm run deploy -- --region us-east-1 --dry-run'],
    [['deploy', '--region', 'us-east-1', '--', '--dry-run'], 'npm run deploy -- --region us-east-1 --dry-run'],
    [['remove', '--region=us-east-1', '--', '--yes'], 'npm run remove -- --region us-east-1 --yes'],
    [['remove', '--yes'], 'npm run remove -- --yes'],
    [['configure', '--check'], 'npm run configure -- --check'],
  ])(
    'npm run %s is refused, with the right command',
    async (args, line) => {
      const { status, output } = await checkout.npm(args);
      expect(status).not.toBe(0);
      expect(output).toMatch(/npm took .* for itself/);
      expect(output).toContain(`  ${line}\n`);
    },
    2 * MINUTES,
  );
});

/** In sequence: each test continues with what the previous one deployed. */
describe('the SAM CLI', () => {
  beforeAll(async () => {
    expect((await checkout.configure(settings, [rule('invoices'), rule('reports')])).status).toBe(0);
  }, MINUTES);

  test(
    'deploys what receives, then what sends, and pushes the image once per region',
    async () => {
      const output = await succeed(['deploy']);
      expect(output).toContain('Deployed: us-east-1, eu-west-1.');
      expect(engine.builds).toHaveLength(1);
      expect(pushedTo()).toEqual([registryOf(SOURCE), registryOf(TARGET)]);
      expect(await stacksIn(SOURCE)).toEqual(expect.arrayContaining(OURS));
      expect(await nestedIn(TARGET)).toEqual(['RegionUsEast1', 'TargetUsEast1']);
      expect(await nestedIn(SOURCE)).toEqual([
        'RegionEuWest1',
        'RuleInvoices',
        'RuleReports',
        'SourceEuWest1',
        'WatermarkEuWest1',
      ]);
    },
    12 * MINUTES,
  );

  test(
    'gives the registry the settings of its region in samconfig.toml, tags included',
    async () => {
      for (const region of [SOURCE, TARGET]) {
        const client = clientOf(CloudFormationClient, region);
        const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: `${STACK}-registry` }));
        expect(Stacks[0]?.Tags).toEqual([{ Key: 'team', Value: 'storage' }]);
      }
    },
    MINUTES,
  );

  test(
    'has nothing to do the second time, whatever the default region of the shell',
    async () => {
      const output = await succeed(['deploy'], { environment: { AWS_DEFAULT_REGION: 'eu-central-1' } });
      expect(output.match(/No changes to deploy/g)).toHaveLength(4);
      expect(pushedTo()).toEqual([registryOf(SOURCE), registryOf(TARGET)]);
      expect(await stacksIn('eu-central-1')).toEqual([]);
    },
    12 * MINUTES,
  );

  test(
    'shows the change sets of a changed rule in a dry run, and then applies them',
    async () => {
      const changed = [rule('invoices', { function_memory: 5307 }), rule('reports')];
      expect((await checkout.configure(settings, changed)).status).toBe(0);
      const dry = await checkout.npm(['deploy', '--', '--dry-run', '--region', SOURCE]);
      expect(dry.output).toMatch(/Modify\s+RuleInvoices/);
      expect(engine.builds).toEqual([]);
      expect(await memoryOf('invoices')).toBe(1769);
      await succeed(['deploy', '--', '--region', SOURCE]);
      expect(await memoryOf('invoices')).toBe(5307);
    },
    12 * MINUTES,
  );

  test(
    'removes a rule that left the configuration, and says so first',
    async () => {
      expect((await checkout.configure(settings, [rule('invoices', { function_memory: 5307 })])).status).toBe(0);
      const output = await succeed(['deploy', '--', '--region', SOURCE]);
      expect(output).toMatch(/removes {2}RuleReports/);
      expect(await nestedIn(SOURCE)).toEqual(['RegionEuWest1', 'RuleInvoices', 'SourceEuWest1', 'WatermarkEuWest1']);
    },
    12 * MINUTES,
  );
});

describe('npm run remove', () => {
  test(
    'does nothing without --yes if nobody can be asked',
    async () => {
      const { status, output } = await checkout.npm(['remove'], { input: `${STACK}\n` });
      expect(status).not.toBe(0);
      expect(output).toContain('There is no terminal to answer on: add --yes.');
      expect(await stacksIn(SOURCE)).toEqual(expect.arrayContaining(OURS));
    },
    2 * MINUTES,
  );

  test(
    'removes everything, sources first',
    async () => {
      await receiveTestEvents();
      const output = await succeed(['remove', '--', '--yes']);
      expect(output.indexOf(`Deleting ${STACK} in ${SOURCE}`)).toBeLessThan(
        output.indexOf(`Deleting ${STACK} in ${TARGET}`),
      );
      for (const region of [SOURCE, TARGET]) {
        expect((await stacksIn(region)).filter((name) => name.startsWith(STACK))).toEqual([]);
      }
    },
    5 * MINUTES,
  );
});

/** Two regions that send to each other, and one that only sends to them. */
describe('regions that send to each other', () => {
  const SENDER = 'eu-central-1';
  const route = (from: string, to: string) => ({
    source: { region: from, bucket: `letters-${from}` },
    destinations: [{ region: to, bucket: `letters-${from}-copy` }],
  });

  const ring = {
    stack_name: 'ring',
    enabled_regions: [
      { region: SENDER, source_target: ['source'] },
      { region: SOURCE, source_target: ['source', 'target'] },
      { region: TARGET, source_target: ['source', 'target'] },
    ],
  };

  beforeAll(async () => {
    const rules = [route(SOURCE, TARGET), route(TARGET, SOURCE), route(SENDER, TARGET)];
    expect((await checkout.configure(ring, rules)).status).toBe(0);
  }, MINUTES);

  test(
    'get only their targets in a first round, without a region that only sends',
    async () => {
      const { status, output } = await checkout.npm(['deploy', '--', '--dry-run']);
      expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('Dry run') });
      const rounds = [...output.matchAll(/^\d\. (.*?):/gm)].map(([, round]) => round);
      expect(rounds.slice(0, 2).toSorted()).toEqual([`${SOURCE} (targets only)`, `${TARGET} (targets only)`]);
      expect(rounds.slice(2).toSorted()).toEqual([SENDER, SOURCE, TARGET]);
    },
    5 * MINUTES,
  );

  test(
    'get one push of the image for both rounds',
    async () => {
      const output = await succeed(['deploy', '--', '--region', SOURCE]);
      expect(output).toContain(`Deployed: ${SOURCE} (targets only), ${SOURCE}.`);
      expect(pushedTo()).toEqual([`${EMULATED_ACCOUNT}.dkr.ecr.${SOURCE}.amazonaws.com/ring`]);
    },
    12 * MINUTES,
  );
});
