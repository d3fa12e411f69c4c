import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FunctionHost } from '../../local-cloud/function-host.ts';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { at, listOf, ofType } from '../support/invariants.ts';
import { hostFunction } from '../support/rehearsal/deployed-function.ts';
import { buildImage, type Image } from '../support/rehearsal/image.ts';
import { lintDefinition, motoDefinition, stateMachineDefinition } from '../support/state-machine/definition.ts';
import { type Interpreter, startInterpreter } from '../support/state-machine/start-interpreter.ts';
import { expandTemplate } from '../support/templates/expand-template.ts';
import { type CreatedResource, instantiate } from '../support/templates/instantiate.ts';
import { textOf } from '../support/templates/json.ts';

const CONFIGURATION = fileURLToPath(new URL('../../configuration', import.meta.url));
const ERRORS = fileURLToPath(new URL('../../src/verifying/errors.ts', import.meta.url));
const MINUTES = 60_000;
const REGION = 'eu-west-1';
/** moto's. */
const ACCOUNT = '123456789012';
const PROGRESS = `app-${ACCOUNT}-${REGION}-progress`;
const MACHINE = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:app-verify`;
const SETTINGS = {
  stack_name: 'app',
  enabled_regions: [
    { region: REGION, source_target: ['source'] },
    { region: 'us-east-1', source_target: ['target'] },
  ],
};
const RULES = {
  replication_configuration: [
    {
      source: { region: REGION, bucket: 'objects', prefix_filter: 'in/', verify: 'weekly' },
      destinations: [{ region: 'us-east-1', bucket: 'restored' }],
    },
    { source: { region: REGION, bucket: 'others' }, destinations: [{ region: 'us-east-1', bucket: 'theirs' }] },
  ],
};
const keys = Array.from({ length: 30 }, (_, index) => `in/${index}`);

interface Payload {
  readonly rule: string;
  readonly execution: string;
}

let folder = '';
let image: Image;
let resources: readonly CreatedResource[];
let stateMachine: CreatedResource;
let host: FunctionHost;
let interpreter: Interpreter;
let s3: S3Client;
let states: SFNClient;
let rule = '';
const invocations: Payload[] = [];
/** Answers in place of the function, first come, first served; an answer that is a function throws. */
const answers: ((payload: Payload) => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-machine-'));
  await cp(join(CONFIGURATION, 'prices.json'), join(folder, 'prices.json'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
  const configuration = await loadConfiguration(folder);
  rule = configuration.rules[0]?.id ?? '';
  await writeDeploymentFiles(await makeDeploymentFiles(configuration, folder), folder);
  const [template, built, started] = await Promise.all([
    expandTemplate(join(folder, 'template.yaml')),
    buildImage(folder),
    startInterpreter(async (payload) => {
      invocations.push(payload as Payload);
      const answer = answers.shift();
      return answer === undefined ? await host.invoke(payload) : answer(payload as Payload);
    }),
  ]);
  [image, interpreter] = [built, started];
  resources = instantiate(template, REGION);
  const named = (path: string): CreatedResource =>
    resources.find((resource) => resource.path === path) ?? { path, type: '', dependsOn: [], properties: {} };
  stateMachine = named('VerifyEuWest1/StateMachine');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const access = { endpoint: interpreter.endpoint, region: REGION, credentials };
  const { properties } = named('VerifyEuWest1/Function');
  const variables = at(named('VerifyEuWest1/Function'), 'Environment', 'Variables') as Record<string, string>;
  host = hostFunction(
    { ...properties, Environment: { Variables: { ...variables, PROGRESS_BUCKET: PROGRESS } } },
    { region: REGION, arn: 'arn', image, endpoint: interpreter.endpoint, credentials, onLine: () => undefined },
  );
  s3 = new S3Client({ ...access, forcePathStyle: true });
  states = new SFNClient(access);
  for (const Bucket of ['objects', 'restored', PROGRESS]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  }
  for (const Key of keys) {
    await s3.send(new PutObjectCommand({ Bucket: 'objects', Key, Body: Key }));
    await s3.send(new PutObjectCommand({ Bucket: 'restored', Key, Body: Key }));
  }
  await states.send(
    new CreateStateMachineCommand({
      name: 'app-verify',
      definition: motoDefinition(definition()),
      roleArn: `arn:aws:iam::${ACCOUNT}:role/role`,
    }),
  );
}, 10 * MINUTES);

afterAll(async () => {
  for (const client of [s3, states]) client.destroy();
  await Promise.all([host.stop(), interpreter.stop(), image.remove()]);
  await rm(folder, { recursive: true });
}, MINUTES);

beforeEach(() => {
  invocations.length = 0;
  answers.length = 0;
});

function definition(): ReturnType<typeof stateMachineDefinition> {
  return stateMachineDefinition(stateMachine, {
    '<Function.Arn>': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:app-verify`,
  });
}

async function execute(name: string, input: object): Promise<DescribeExecutionOutput> {
  const { executionArn } = await states.send(
    new StartExecutionCommand({ stateMachineArn: MACHINE, name, input: JSON.stringify(input) }),
  );
  for (;;) {
    const described = await states.send(new DescribeExecutionCommand({ executionArn }));
    if (described.status !== 'RUNNING') return described;
    await delay(100);
  }
}

describe('the state machine of scheduled verifications', () => {
  test(
    'is a valid definition for cfn-lint, which reports an invalid one',
    async () => {
      expect(await lintDefinition(definition())).toEqual([]);
      expect(await lintDefinition({ ...definition(), StartAt: 'VerifyNothing' })).not.toEqual([]);
    },
    MINUTES,
  );

  test('is started with the rule on the schedule of each rule that has one, by a role that may do nothing else', () => {
    const clocks = ofType(resources, 'AWS::Events::Rule').filter((each) =>
      textOf(at(each, 'Name') ?? '').includes('-verify'),
    );
    expect(clocks).toHaveLength(1);
    const [clock] = clocks;
    if (clock === undefined) throw new TypeError('There is no clock');
    expect(textOf(at(clock, 'ScheduleExpression') ?? '')).toMatch(/^cron\(\d{1,2} [1-4] \? \* SUN \*\)$/);
    const [target] = listOf(at(clock, 'Targets'));
    expect(target).toMatchObject({ Input: JSON.stringify({ rule }), Id: 'verify' });
    // Its alarm watches this rule: a Ref returns its name, which is the dimension of the metric.
    const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');
    const [failed, ...others] = alarms.filter((each) => at(each, 'MetricName') === 'FailedInvocations');
    expect(others).toEqual([]);
    expect(failed === undefined ? [] : listOf(at(failed, 'Dimensions'))).toEqual([
      { Name: 'RuleName', Value: `<${clock.path}>` },
    ]);
    const role = resources.find(({ path }) => path === 'VerifyEuWest1/ScheduleRole');
    expect(JSON.stringify(role?.properties['Policies'])).toContain('"Action":"states:StartExecution"');
  });

  test(
    'invokes the function until it is finished, each time with the rule and the execution',
    async () => {
      const unfinished = (payload: Payload): unknown => ({ ...payload, finished: false, compared: 10, faults: 0 });
      answers.push(unfinished, unfinished);
      const { status, output } = await execute('until-the-end', { rule });
      expect(status).toBe('SUCCEEDED');
      expect(JSON.parse(output ?? '')).toMatchObject({ rule, finished: true, compared: 30, faults: 0 });
      expect(invocations).toEqual(Array.from({ length: 3 }, () => ({ rule, execution: 'until-the-end' })));
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: PROGRESS, Key: `${rule}/scheduled-verify.json` }));
      expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({
        finished: true,
        choices: { execution: 'until-the-end' },
      });
    },
    5 * MINUTES,
  );

  test(
    'fails at once if its rule is gone, and has an alarm for each outcome but success',
    async () => {
      const { status, error } = await execute('no-rule', { rule: 'gone-0123456789' });
      expect({ status, error }).toEqual({ status: 'FAILED', error: 'InvalidVerificationTaskError' });
      expect(invocations).toHaveLength(1);
      const alarms = ofType(resources, 'AWS::CloudWatch::Alarm').filter(
        (each) => at(each, 'Namespace') === 'AWS/States',
      );
      // Every way in which an execution ends without verifying the rule.
      expect(alarms.map((each) => at(each, 'MetricName')).toSorted()).toEqual([
        'ExecutionsAborted',
        'ExecutionsFailed',
        'ExecutionsTimedOut',
      ]);
    },
    5 * MINUTES,
  );

  test('retries all errors except permanent ones', async () => {
    const named = [...JSON.stringify(stateMachine.properties).matchAll(/"?(Invalid\w+Error)/g)].map(([, name]) => name);
    expect(named).toEqual(['InvalidVerificationTaskError']);
    expect(await readFile(ERRORS, 'utf8')).toMatch(
      /class InvalidVerificationTaskError extends CompressorError \{[^}]*retryable = false/,
    );
  });
});
