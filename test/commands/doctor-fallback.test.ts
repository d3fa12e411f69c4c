import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutResourcePolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTagsCommand, CreateVpcCommand, DescribeAvailabilityZonesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import type { Diagnosis } from '../../src/cli/doctor/diagnosis.ts';
import { runDoctor } from '../../src/cli/doctor/run-doctor.ts';
import { ruleBetween, settingsOf, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo } from '../support/operated/run-s3xrc.ts';
import { printedJson } from '../support/printed-json.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

/** Not all of its zones have Fargate. */
const SOURCE = 'ap-northeast-1';

let provider: ResourceProvider;
let server: AwsServer;
let clients: AwsClients;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-fallback-'));
  const rule = ruleBetween('huge', 'copy', { region: SOURCE, fallback: true });
  await writeConfiguration(folder, [rule], settingsOf({ [SOURCE]: ['source'], [TARGET]: ['target'] }));
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  Object.assign(process.env, accessTo(server.endpoint));
  clients = new AwsClients();
}, 120_000);

afterAll(async () => {
  clients.close();
  await server.stop();
  await provider.stop();
  await rm(folder, { recursive: true });
});

/** What doctor says about room for the fallback, as `status subject: says`. */
async function findings(): Promise<string[]> {
  const { document } = await printedJson((context) =>
    runDoctor(['--json', '--only', 'fallback', '--configuration', folder], context),
  );
  const report = document as { readonly findings: readonly Diagnosis[] };
  return report.findings.map(({ status, subject, says }) => `${status} ${subject}: ${says}`);
}

test('finds room for the fallback in an account that has it', async () => {
  const { AvailabilityZones = [] } = await (await clients.ec2(SOURCE)).send(new DescribeAvailabilityZonesCommand({}));
  expect(AvailabilityZones.length).toBeGreaterThan(1);
  expect(await findings()).toEqual([
    expect.stringMatching(/^ok VPCs \(ap-northeast-1\): The account has 1 of 5/),
    expect.stringMatching(/^ok Fargate zones \(ap-northeast-1\): Fargate is in each of the 2 zones/),
    expect.stringMatching(/^ok resource policies of CloudWatch Logs \(ap-northeast-1\): The account has 0 of 10/),
    expect.stringMatching(/^ok VPCs \(us-east-1\)/),
    expect.stringMatching(/^ok resource policies of CloudWatch Logs \(us-east-1\)/),
  ]);
});

test('reports an account that has no room for the fallback', async () => {
  const [ec2, logs] = [await clients.ec2(TARGET), await clients.logs(SOURCE)];
  for (let made = 0; made < 4; made += 1) await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  for (let made = 0; made < 10; made += 1) {
    await logs.send(new PutResourcePolicyCommand({ policyName: `policy-${made}`, policyDocument: '{"Statement":[]}' }));
  }
  expect((await findings()).filter((finding) => !finding.startsWith('ok'))).toEqual([
    expect.stringMatching(/^failure resource policies of CloudWatch Logs \(ap-northeast-1\): The account has 10 of 10/),
    expect.stringMatching(/^failure VPCs \(us-east-1\): The account has 5 of 5/),
  ]);
});

test('requires no more room in a region that already has its fallback', async () => {
  const ec2 = await clients.ec2(TARGET);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }));
  const Tags = [{ Key: 'Name', Value: 'app-fallback' }];
  await ec2.send(new CreateTagsCommand({ Resources: [Vpc?.VpcId ?? ''], Tags }));
  expect(await findings()).toContain('ok VPCs (us-east-1): The VPC of the fallback exists.');
});
