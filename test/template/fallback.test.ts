import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { type Environment, readEnvironment } from '../../src/configuration/environment.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';
import { fargateMemories } from '../../src/configuration/schema/fargate-sizes.ts';
import { fixedCosts } from '../../src/templates/fixed-costs.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { sourceVariables } from '../../src/wiring/source.ts';
import { targetVariables } from '../../src/wiring/target.ts';
import { workerVariables } from '../../src/wiring/worker.ts';
import { someFallback } from '../support/deployment-configuration.ts';
import { matchesPattern } from '../support/event-pattern.ts';
import { at, field, listOf, ofType, policyStatements } from '../support/invariants.ts';
import { type ExpandedTemplate, expandTemplate } from '../support/templates/expand-template.ts';
import { type CreatedResource, instantiate } from '../support/templates/instantiate.ts';
import { type Json, textOf } from '../support/templates/json.ts';

const MINUTES = 60_000;
const REGIONS = ['eu-west-1', 'us-east-1', 'ap-southeast-2'];
/** Only the fallback has these. */
const FALLBACK_TYPES = /^AWS::(EC2|ECS|ApplicationAutoScaling|Events)::|^Custom::FunctionImage$/;
const TASK_SIDES: Readonly<Record<string, (environment: Environment) => unknown>> = {
  source: (environment) => readEnvironment(sourceVariables, environment),
  target: (environment) => readEnvironment(targetVariables, environment),
};

let folder: string;
let configuration: Configuration;
let expanded: ExpandedTemplate;
let created: ReadonlyMap<string, CreatedResource[]>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fallback-'));
  const { settings, replication } = someFallback();
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(replication));
  configuration = await loadConfiguration(folder);
  await writeDeploymentFiles(await makeDeploymentFiles(configuration, folder), folder);
  expanded = await expandTemplate(join(folder, 'template.yaml'), { lint: true });
  created = new Map(REGIONS.map((region) => [region, instantiate(expanded, region)]));
}, 10 * MINUTES);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function inRegion(region: string): readonly CreatedResource[] {
  return created.get(region) ?? [];
}

function everywhere(type: string): CreatedResource[] {
  return [...created.values()].flatMap((resources) => ofType(resources, type));
}

function stackOf({ path }: CreatedResource): string {
  return path.slice(0, path.indexOf('/'));
}

function containerOf(task: CreatedResource) {
  return listOf(at(task, 'ContainerDefinitions'))[0];
}

function environmentOf(task: CreatedResource): Record<string, string> {
  const entries = listOf(field(containerOf(task), 'Environment'));
  return Object.fromEntries(entries.map((entry) => [textOf(field(entry, 'Name')), textOf(field(entry, 'Value'))]));
}

function variablesOf(resources: readonly CreatedResource[], stack: string): string[] {
  const handler = resources.find(({ path }) => path === `${stack}/Function`);
  if (handler === undefined) throw new Error(`${stack} has no function`);
  return Object.keys((at(handler, 'Environment', 'Variables') ?? {}) as object);
}

test('the stacks of the fallback pass cfn-lint in the form that CloudFormation receives', () => {
  expect(expanded.problems).toEqual([]);
});

describe('the fallback', () => {
  test('exists neither in a region without a rule that has it, nor for a rule without it', () => {
    expect(inRegion('ap-southeast-2').filter(({ type }) => FALLBACK_TYPES.test(type))).toEqual([]);
    expect(variablesOf(inRegion('ap-southeast-2'), 'TargetApSoutheast2')).not.toContain('FALLBACK_QUEUE_URL');
    const services = inRegion('eu-west-1').filter(({ type }) => type === 'AWS::ECS::Service');
    expect(services.map(stackOf)).toEqual([
      expect.stringMatching(/^TargetFallback/),
      expect.stringMatching(/^FallbackHuge/),
    ]);
    const small = inRegion('eu-west-1').find(({ path }) => /^RuleSmall\w+\/Function$/.test(path));
    expect(JSON.stringify(small)).not.toContain('FALLBACK');
  });

  test('lets only the functions that have it send to its queue and scale up its service', () => {
    for (const region of ['eu-west-1', 'us-east-1']) {
      const statements = policyStatements(inRegion(region)).filter(({ sid }) =>
        ['SendToTheFallback', 'StartTheFirstTask'].includes(sid),
      );
      expect(statements).toHaveLength(4);
      for (const { path, resources } of statements) {
        const stack = path.startsWith('Target')
          ? path.replace(/^Target(\w+)\/.*/, 'TargetFallback$1')
          : path.replace(/^Rule(\w+)\/.*/, 'Fallback$1');
        expect(JSON.stringify(resources)).toMatch(new RegExp(`<${stack}\\.Outputs\\.(QueueArn|Service)>`));
      }
    }
  });
});

describe('the network', () => {
  test('lets nothing connect to a task, and tasks connect over HTTPS only', () => {
    const groups = everywhere('AWS::EC2::SecurityGroup').filter(({ path }) => path.endsWith('/TaskSecurityGroup'));
    expect(groups).toHaveLength(2);
    for (const group of groups) {
      expect(at(group, 'SecurityGroupIngress')).toBeUndefined();
      expect(listOf(at(group, 'SecurityGroupEgress'))).toMatchObject([
        { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
      ]);
    }
    expect(everywhere('AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  test('has one subnet per zone, all on one route table', () => {
    expect(ofType(inRegion('eu-west-1'), 'AWS::EC2::Subnet')).toHaveLength(3);
    expect(ofType(inRegion('us-east-1'), 'AWS::EC2::Subnet')).toHaveLength(2);
    for (const region of ['eu-west-1', 'us-east-1']) {
      const associations = ofType(inRegion(region), 'AWS::EC2::SubnetRouteTableAssociation');
      expect(associations).toHaveLength(ofType(inRegion(region), 'AWS::EC2::Subnet').length);
      expect(new Set(associations.map((association) => at(association, 'RouteTableId')))).toEqual(
        new Set(['<Routes>']),
      );
    }
  });

  test('has gateways to S3 and DynamoDB on those routes, and hourly endpoints only if it is isolated', () => {
    const kinds = (region: string) =>
      ofType(inRegion(region), 'AWS::EC2::VPCEndpoint').map(
        (endpoint) => `${textOf(at(endpoint, 'VpcEndpointType'))} ${textOf(at(endpoint, 'ServiceName'))}`,
      );
    const gateways = (region: string) => ['s3', 'dynamodb'].map((name) => `Gateway com.amazonaws.${region}.${name}`);
    expect(kinds('eu-west-1')).toEqual(gateways('eu-west-1'));
    expect(kinds('us-east-1')).toEqual([
      ...gateways('us-east-1'),
      ...['sqs', 'ecr.api', 'ecr.dkr', 'logs'].map((name) => `Interface com.amazonaws.us-east-1.${name}`),
    ]);
    const policies = everywhere('AWS::EC2::VPCEndpoint').map((endpoint) => at(endpoint, 'PolicyDocument'));
    expect(policies).not.toContain(undefined);
  });

  test('has endpoints that allow everything that the task roles may do over them', () => {
    for (const region of ['eu-west-1', 'us-east-1']) {
      const statements = policyStatements(inRegion(region));
      const actionsOf = (path: RegExp) =>
        new Set(statements.filter((statement) => path.test(statement.path)).flatMap(({ actions }) => actions));
      const asked = actionsOf(/\/Work$|^TargetAccess|^(Target)?Fallback\w+\/Role$|\/ExecutionRole$/);
      const service = region === 'us-east-1' ? /^(s3|dynamodb|sqs|ecr|logs):/ : /^(s3|dynamodb):/;
      const needed = [...asked].filter((action) => service.test(action));
      expect(needed.length).toBeGreaterThan(8);
      const endpoints = actionsOf(/^(Network|Endpoints)\w+\//);
      expect(needed.filter((action) => !endpoints.has(action))).toEqual([]);
    }
  });

  test('has a route to the internet only if it is public', () => {
    const internet = (region: string) =>
      inRegion(region).filter(({ type }) => /^AWS::EC2::(Route|InternetGateway|NatGateway|EIP)$/.test(type));
    expect(internet('eu-west-1').map(({ type }) => type)).toEqual(['AWS::EC2::InternetGateway', 'AWS::EC2::Route']);
    expect(internet('us-east-1')).toEqual([]);
    const groups = ofType(inRegion('us-east-1'), 'AWS::EC2::SecurityGroup').flatMap((group) =>
      listOf(at(group, 'SecurityGroupIngress')),
    );
    expect(groups).toMatchObject([{ FromPort: 443, SourceSecurityGroupId: '<NetworkUsEast1.Outputs.SecurityGroup>' }]);
  });
});

describe('the tasks', () => {
  test('have a size that Fargate offers, large enough for every rule that they serve', () => {
    const sizes = everywhere('AWS::ECS::TaskDefinition').map((task) => ({
      cpu: Number(task.properties['Cpu']),
      memory: Number(task.properties['Memory']),
    }));
    expect(sizes.filter(({ cpu, memory }) => !fargateMemories(cpu).includes(memory))).toEqual([]);
    expect(sizes.map(({ cpu, memory }) => `${cpu} ${memory}`)).toEqual([
      '1024 8192',
      '4096 8192',
      '4096 8192',
      '1024 8192',
    ]);
  });

  test("run the functions' image on arm64 as an unprivileged user, read-only, with two minutes to stop", () => {
    for (const task of everywhere('AWS::ECS::TaskDefinition')) {
      expect(task.properties).toMatchObject({
        NetworkMode: 'awsvpc',
        RequiresCompatibilities: ['FARGATE'],
        RuntimePlatform: { CpuArchitecture: 'ARM64' },
      });
      expect(containerOf(task)).toMatchObject({
        Image: expect.stringMatching(/^<Cluster\w+\.Outputs\.Image>$/),
        EntryPoint: ['/var/lang/bin/node'],
        Command: ['fallback.mjs'],
        WorkingDirectory: '/var/task',
        User: '10001',
        ReadonlyRootFilesystem: true,
        StopTimeout: 120,
      });
    }
    expect(everywhere('Custom::FunctionImage').map((image) => at(image, 'Function'))).toEqual(
      ['EuWest1', 'UsEast1'].map((region) => `<Region${region}.Outputs.DeploymentFunctionVersionArn>`),
    );
  });

  test(
    'get a new image when the functions do, since they follow the version of the deployment function',
    async () => {
      const [, before] = Object.entries(expanded.nested).find(([location]) => location.endsWith('/region.yaml')) ?? [];
      const path = fileURLToPath(new URL('../../src/stacks/region.yaml', import.meta.url));
      const image = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/image:changed';
      const { root: after } = await expandTemplate(path, { image });
      const versions = [before, after].map((template) => {
        const id = textOf(field(template?.Outputs?.['DeploymentFunctionVersionArn']?.Value, 'Ref'));
        expect(template?.Resources[id]?.Type).toBe('AWS::Lambda::Version');
        return id;
      });
      expect(new Set(versions).size).toBe(2);
    },
    5 * MINUTES,
  );

  test('have the environment that the worker requires, and everything that the function beside them has', () => {
    for (const region of ['eu-west-1', 'us-east-1']) {
      for (const task of ofType(inRegion(region), 'AWS::ECS::TaskDefinition')) {
        const environment = environmentOf(task);
        const values = Object.entries(environment).map(([name, value]) => [
          name,
          /^<.*>$/.test(value) ? (name.endsWith('_URL') ? 'https://sqs.example/queue' : 'stand-in') : value,
        ]);
        const given = {
          CONFIGURATION_DIRECTORY: '/var/task/configuration',
          ...(Object.fromEntries(values) as Environment),
        };
        const { FALLBACK_ROLE: side, VISIBILITY_TIMEOUT: visibility } = readEnvironment(workerVariables, given);
        TASK_SIDES[side]?.(given);
        const queue = inRegion(region).find(({ path }) => path === `${stackOf(task)}/Queue`);
        expect(visibility).toBe(queue?.properties['VisibilityTimeout']);
        expect(environment['MAX_RECEIVES']).toBe(
          textOf(queue === undefined ? '' : at(queue, 'RedrivePolicy', 'maxReceiveCount')),
        );
        const stack =
          side === 'target'
            ? stackOf(task).replace('TargetFallback', 'Target')
            : stackOf(task).replace('Fallback', 'Rule');
        // A task has one queue, whichever of the two queues the message came from.
        const ofFunction = variablesOf(inRegion(region), stack).filter((name) => !/^(FALLBACK|BACKFILL)_/.test(name));
        expect(Object.keys(environment)).toEqual(expect.arrayContaining(ofFunction));
      }
    }
  });

  test('may do the same with objects as the function, by the same policy, and otherwise only use their queue', () => {
    for (const region of ['eu-west-1', 'us-east-1']) {
      const work = ofType(inRegion(region), 'AWS::IAM::Policy').filter(({ path }) => path.endsWith('/Work'));
      const roles = work.map((policy) => listOf(policy.properties['Roles']).map(textOf));
      const shared = roles.filter(
        ([own, ofTasks]) => own === '<Role>' && (ofTasks ?? '').endsWith('.Outputs.RoleName>'),
      );
      expect(shared).toHaveLength(2);
      const access = inRegion(region).filter(({ path }) => path.startsWith('TargetAccess'));
      expect(access.map(({ properties }) => listOf(properties['Roles']).length)).toEqual([2]);
      const own = policyStatements(inRegion(region)).filter(({ path }) => /^(Target)?Fallback\w+\/Role$/.test(path));
      expect(new Set(own.map(({ sid }) => sid))).toEqual(
        new Set(['WorkOnTheQueue', 'SendDeadLetters', 'ProtectTasksInWork']),
      );
    }
  });

  test('are known to the rules of their region as our own, so that nothing is packed twice', () => {
    const principals = everywhere('AWS::Lambda::Function')
      .map((handler) => at(handler, 'Environment', 'Variables', 'OWN_PRINCIPALS'))
      .filter((value) => value !== undefined);
    expect(principals).toHaveLength(3);
    for (const value of principals)
      expect(value).toMatch(/^<Target\w+\.Outputs\.RoleId>,<TargetFallback\w+\.Outputs\.RoleId>$/);
  });
});

describe('the service', () => {
  test('starts at zero tasks, splits tasks between Spot and on demand, and rolls back what does not start', () => {
    const services = everywhere('AWS::ECS::Service');
    expect(services).toHaveLength(4);
    for (const service of services) {
      expect(service.properties).toMatchObject({
        DesiredCount: 0,
        CapacityProviderStrategy: [
          { CapacityProvider: 'FARGATE', Weight: 25, Base: 1 },
          { CapacityProvider: 'FARGATE_SPOT', Weight: 75 },
        ],
        DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
      });
    }
    const addresses = (region: string) =>
      ofType(inRegion(region), 'AWS::ECS::Service').map((service) =>
        at(service, 'NetworkConfiguration', 'AwsvpcConfiguration', 'AssignPublicIp'),
      );
    expect(new Set(addresses('eu-west-1'))).toEqual(new Set(['<NetworkEuWest1.Outputs.PublicAddress>']));
  });

  test('scales from zero to the limit of the rule, or of the region for arrivals', () => {
    const targets = everywhere('AWS::ApplicationAutoScaling::ScalableTarget').map(({ properties }) => properties);
    expect(targets.map(({ MinCapacity }) => MinCapacity)).toEqual([0, 0, 0, 0]);
    expect(targets.map(({ MaxCapacity }) => MaxCapacity)).toEqual([50, 5, 7, 5]);
  });

  test('gets at least as many tasks as the backlog needs, and at most half as many again', () => {
    const policy = everywhere('AWS::ApplicationAutoScaling::ScalingPolicy').find(({ path }) =>
      path.endsWith('/FollowBacklog'),
    );
    const steps = listOf(
      policy === undefined ? null : at(policy, 'StepScalingPolicyConfiguration', 'StepAdjustments'),
    ).map((step) => ({
      from: Number(field(step, 'MetricIntervalLowerBound')),
      below: Number(field(step, 'MetricIntervalUpperBound') ?? Number.POSITIVE_INFINITY),
      tasks: Number(field(step, 'ScalingAdjustment')),
    }));
    expect(steps.length).toBeLessThanOrEqual(20);
    for (let wanted = 1; wanted <= 1000; wanted += 1) {
      const matching = steps.filter(({ from, below }) => from <= wanted && wanted < below);
      expect(matching).toHaveLength(1);
      const tasks = matching[0]?.tasks ?? 0;
      expect(tasks).toBeGreaterThanOrEqual(wanted);
      expect(tasks).toBeLessThanOrEqual(Math.max(wanted, 1.5 * wanted));
    }
  });
});

describe('the alarm for tasks', () => {
  /** As ECS sends them (developer guide, "Amazon ECS events"), without irrelevant fields. */
  const stopped = (cluster: string, detail: Readonly<Record<string, Json>>): Json => ({
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: { clusterArn: cluster, lastStatus: 'STOPPED', desiredStatus: 'STOPPED', ...detail },
  });
  const action = (cluster: string, eventName: string): Json => ({
    source: 'aws.ecs',
    'detail-type': 'ECS Service Action',
    detail: {
      eventType: 'ERROR',
      eventName,
      clusterArn: cluster,
      capacityProviderArns: ['arn:aws:ecs:us-west-2:111122223333:capacity-provider/FARGATE_SPOT'],
      reason: 'RESOURCE:FARGATE',
    },
  });
  const OURS = '<Cluster.Arn>';
  const rules = () => everywhere('AWS::Events::Rule').filter(({ path }) => path.endsWith('/FailedTasks'));
  const takes = (event: Json): boolean[] =>
    rules().map((rule) => matchesPattern(at(rule, 'EventPattern') ?? {}, event));

  test.each([
    ['a task that could not start', stopped(OURS, { stopCode: 'TaskFailedToStart' })],
    [
      'a task that ended with an error',
      stopped(OURS, { stopCode: 'EssentialContainerExited', containers: [{ name: 'worker', exitCode: 137 }] }),
    ],
    ['a task for which Spot has no capacity', action(OURS, 'SERVICE_TASK_PLACEMENT_FAILURE')],
  ])('counts %s', (_, event) => {
    expect(takes(event)).toEqual([true, true]);
  });

  test.each([
    [
      'a task that succeeded',
      stopped(OURS, { stopCode: 'EssentialContainerExited', containers: [{ name: 'worker', exitCode: 0 }] }),
    ],
    [
      'a reclaim by Spot',
      stopped(OURS, { stopCode: 'SpotInterruption', containers: [{ name: 'worker', exitCode: 0 }] }),
    ],
    ['scaling in', stopped(OURS, { stopCode: 'ServiceSchedulerInitiated' })],
    ['a running task', { ...(stopped(OURS, { lastStatus: 'RUNNING', stopCode: 'TaskFailedToStart' }) as object) }],
    ['a service in a steady state', action(OURS, 'SERVICE_STEADY_STATE')],
    ['another cluster’s task', stopped('arn:other', { stopCode: 'TaskFailedToStart' })],
    ['another cluster’s service', action('arn:other', 'SERVICE_TASK_PLACEMENT_FAILURE')],
  ])('does not count %s', (_, event) => {
    expect(takes(event)).toEqual([false, false]);
  });

  test('watches the EventBridge rule for failed tasks, whose events are kept', () => {
    const alarms = everywhere('AWS::CloudWatch::Alarm').filter(({ path }) => path.endsWith('/FailedTasksAlarm'));
    expect(alarms.map((alarm) => [at(alarm, 'MetricName'), listOf(at(alarm, 'Dimensions'))])).toEqual(
      Array(2).fill(['TriggeredRules', [{ Name: 'RuleName', Value: '<FailedTasks>' }]]),
    );
    expect(rules().map((rule) => listOf(at(rule, 'Targets')).length)).toEqual([1, 1]);
  });
});

describe('the alarm that stops idle tasks', () => {
  const alarm = () => {
    const [found] = everywhere('AWS::CloudWatch::Alarm').filter(({ path }) => path.endsWith('/IdleAlarm'));
    if (found === undefined) throw new Error('there is none');
    return found;
  };

  test('has the value 0, instead of no value, for each minute without a running task', () => {
    const [idle] = listOf(at(alarm(), 'Metrics'));
    expect(field(idle, 'Expression')).toBe('IF(FILL(running, 0) > 0 AND waiting + inwork == 0, 1, 0)');
  });

  test('tolerates one minute with a late value, and ends at the second minute without tasks', () => {
    expect([at(alarm(), 'EvaluationPeriods'), at(alarm(), 'DatapointsToAlarm')]).toEqual([6, 5]);
  });
});

describe('the plan', () => {
  test("counts every metric of the fallback's alarms, and every endpoint in a zone", () => {
    for (const plan of planRegions(configuration)) {
      const watched = ofType(inRegion(plan.region), 'AWS::CloudWatch::Alarm')
        .filter(({ path }) => /^(Cluster|Fallback|TargetFallback)/.test(path))
        .map((alarm) => {
          const metrics = listOf(at(alarm, 'Metrics')).filter((metric) => field(metric, 'MetricStat') !== undefined);
          return Math.max(1, metrics.length);
        });
      const costs = fixedCosts(plan);
      const countOf = (words: string) => costs.find(({ what }) => what.includes(words))?.count ?? 0;
      expect(countOf('alarms of the fallback')).toBe(watched.reduce((sum, count) => sum + count, 0));
      const interfaces = ofType(inRegion(plan.region), 'AWS::EC2::VPCEndpoint').filter(
        (endpoint) => at(endpoint, 'VpcEndpointType') === 'Interface',
      );
      const zones = ofType(inRegion(plan.region), 'AWS::EC2::Subnet').length;
      expect(countOf('interface endpoints')).toBe(interfaces.length * zones);
    }
  });
});
