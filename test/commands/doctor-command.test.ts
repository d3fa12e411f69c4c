import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import type { Diagnosis } from '../../src/cli/doctor/diagnosis.ts';
import { runDoctor } from '../../src/cli/doctor/run-doctor.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { DeafServer } from '../support/deaf-server.ts';
import { type AwsEmulator, EMULATED_ACCOUNT, startAwsEmulator } from '../support/emulator/aws-emulator.ts';
import { operate } from '../support/operated/account.ts';
import { type Break, breaksOf, WELL_SETTINGS, wellRule } from '../support/operated/breaks.ts';
import { SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc } from '../support/operated/run-s3xrc.ts';
import { startOperationProxy } from '../support/operation-proxy.ts';
import { printedJson } from '../support/printed-json.ts';

const DAY = 24 * 3600 * 1000;
const RULE = wellRule('objects', 'restored');

// A hundred checks, each of which is slow on a busy machine.
jest.setTimeout(600_000);

let emulator: AwsEmulator;
let clients: AwsClients;
let folder: string;
let tools: string;
let breaks: readonly Break[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  await writeConfiguration(folder, [RULE], WELL_SETTINGS);
  tools = await mkdtemp(join(tmpdir(), 'doctor-tools-'));
  await writeFile(join(tools, 'sam'), '#!/bin/sh\necho "SAM CLI, version 1.170.0"\n', { mode: 0o755 });
  await writeFile(join(tools, 'docker'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  emulator = await startAwsEmulator();
  Object.assign(process.env, accessTo(emulator.endpoint, SOURCE));
  clients = new AwsClients();
  const configuration = await loadConfiguration(folder);
  const [rule] = configuration.rules;
  breaks = breaksOf({ clients, folder, rule: rule?.id ?? '', bucket: 'objects', copy: 'restored' });
  await operate({ configuration, account: EMULATED_ACCOUNT, clients });
});

afterAll(async () => {
  clients.close();
  await emulator.stop();
  await rm(folder, { recursive: true });
  await rm(tools, { recursive: true });
});

interface Report {
  readonly account: string | null;
  readonly findings: readonly (Diagnosis & { readonly group: string })[];
}

/** Runs the command in this process, so that its clock can be changed. */
async function examine(
  path = `${tools}${delimiter}${process.env['PATH'] ?? ''}`,
  later = 0,
): Promise<Report & { status: number }> {
  const world = { now: () => Date.now() + later, environment: { ...process.env, PATH: path } };
  const { status, document } = await printedJson((context) =>
    runDoctor(['--json', '--timeout', '600', '--configuration', folder], context, world),
  );
  return { status, ...(document as Report) };
}

/** The findings that are not ok, as `group: subject`. */
function complaints({ findings }: Report): string[] {
  return findings
    .filter(({ status }) => status === 'failure' || status === 'warning')
    .map(({ group, subject }) => `${group}: ${subject}`);
}

test('finds nothing wrong in a healthy account, and prints a line for every group', async () => {
  const report = await examine();
  // Whether this machine emulates arm64 does not matter here.
  expect(complaints(report).filter((line) => line !== 'machine: arm64')).toEqual([]);
  expect(report).toMatchObject({ status: 0, account: EMULATED_ACCOUNT });
  expect(new Set(report.findings.map(({ group }) => group)).size).toBe(19);
});

/** Operations that change nothing, by the verb that AWS begins their names with. */
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
  // Permission to use a key is tried, but only as a dry run, which creates nothing.
  expect(others.filter(({ name, body }) => name !== 'GenerateDataKey' || !body.includes('"DryRun":true'))).toEqual([]);
});

test('names each thing that is broken, and how to fix it', async () => {
  for (const { run } of breaks) await run();
  const { status, findings } = await examine('/nonexistent', 3 * DAY);
  expect(status).toBe(1);
  const told = findings.filter((finding) => finding.status === 'failure' || finding.status === 'warning');
  const unnamed = breaks.filter(
    ({ group, found, fix }) =>
      !told.some(
        (finding) =>
          finding.group === group && found.test(`${finding.subject}: ${finding.says}`) && fix.test(finding.fix ?? ''),
      ),
  );
  expect(unnamed.map(({ what }) => what)).toEqual([]);
  const subjects = told.map(({ group, subject }) => `${group}: ${subject}`);
  expect(subjects).toEqual(
    expect.arrayContaining(['clock: this machine', 'machine: SAM CLI', 'machine: container engine']),
  );
});

/** The real command, in a separate process. */
function s3xrc(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Outcome> {
  const alone = { AWS_EC2_METADATA_DISABLED: 'true', HOME: folder, ...env };
  return runS3xrc(['doctor', '--configuration', folder, ...args], { env: alone });
}

/** The answer of STS in a region that an account has not enabled. */
const NOT_ENABLED = `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>
<Message>The security token included in the request is invalid</Message></Error></ErrorResponse>`;

test('names a region that the account has not enabled', async () => {
  const proxy = await startOperationProxy(emulator.endpoint, ({ name }, region) =>
    name === 'GetCallerIdentity' && region === TARGET ? { status: 403, body: NOT_ENABLED } : undefined,
  );
  const { status, stdout } = await s3xrc(accessTo(proxy.endpoint, SOURCE), '--only', 'regions');
  await proxy.stop();
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ {2}FAILURE {2}us-east-1: This region is not enabled for the account/m);
  expect(stdout).toMatch(/^ +fix: aws account enable-region --region-name us-east-1$/m);
});

/** The answer of Service Quotas for an account that may have two buckets. */
const TWO_BUCKETS = JSON.stringify({ Quota: { ServiceCode: 's3', QuotaCode: 'L-DC2B2D3D', Value: 2 } });

test('names an account that has no room for the buckets of another stack', async () => {
  const other = await mkdtemp(join(tmpdir(), 'doctor-other-'));
  await writeConfiguration(other, [RULE], { ...WELL_SETTINGS, stack_name: 'other' });
  const proxy = await startOperationProxy(emulator.endpoint, ({ name }) =>
    name === 'GetServiceQuota' ? { status: 200, body: TWO_BUCKETS } : undefined,
  );
  const args = ['doctor', '--configuration', other, '--only', 'quotas'];
  const { status, stdout } = await runS3xrc(args, { env: accessTo(proxy.endpoint, SOURCE) });
  await proxy.stop();
  await rm(other, { recursive: true });
  expect(status).toBe(1);
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /FAILURE buckets of the account: The account has \d+ of 2 buckets, and a deployment creates 4 more\. The deployment will fail\./,
  );
  expect(stdout).toMatch(
    /fix: aws service-quotas request-service-quota-increase --region us-east-1 --service-code s3 /,
  );
});

test('says that there are no credentials, and checks what needs none', async () => {
  const { status, stdout, stderr } = await s3xrc({ AWS_ENDPOINT_URL: emulator.endpoint });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toMatch(/FAILURE {2}account: AWS does not accept the credentials/);
  expect(stdout).toMatch(/^This machine$/m);
  expect(stdout).not.toMatch(/^Buckets$/m);
});

test('ends in time if nothing responds, and says what it could not check', async () => {
  const deaf = { ...accessTo(emulator.endpoint, SOURCE), AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' };
  const { status, stdout } = await s3xrc(deaf, '--only', 'queues', '--timeout', '10');
  expect(status).toBe(0);
  expect(stdout).toMatch(/unknown {2}app-target \(us-east-1\): Could not be checked: /);
});

test('names the groups that it could not check in time, whatever else it found', async () => {
  const deaf = new DeafServer();
  const env = { ...accessTo(emulator.endpoint, SOURCE), AWS_ENDPOINT_URL_SQS: await deaf.listen() };
  const { stdout } = await s3xrc(env, '--only', 'configuration', 'queues', '--timeout', '1');
  deaf.close();
  expect(stdout).toMatch(/unknown {2}app-target-dead-letters \(us-east-1\): Could not be checked in time: no answer\./);
  expect(stdout).toMatch(/^ {2}(?:ok {7}|FAILURE {2})values: /m);
  expect(stdout).toMatch(
    /unknown\nqueues could not be checked completely in time\. .*\n {2}s3xrc doctor --only queues --timeout 60\n$/,
  );
});

test('refuses a group that does not exist', async () => {
  const { status, stderr } = await s3xrc(accessTo(emulator.endpoint, SOURCE), '--only', 'bucket');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(
      /^error: unknown group bucket; the groups are configuration, .*\nTry: s3xrc doctor --help\n$/,
    ),
  });
});
