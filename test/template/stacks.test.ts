import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { type Environment, readEnvironment } from '../../src/configuration/environment.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { ruleId } from '../../src/configuration/rule-id.ts';
import { archiveKey } from '../../src/packing/archive-key.ts';
import { STAGE_PREFIX } from '../../src/storage/staged-part.ts';
import { sixtyRules } from '../support/deployment-configuration.ts';
import { functionVariables } from '../support/function-variables.ts';
import { at, expirations, field, listOf, ofType, policyStatements, referredTo } from '../support/invariants.ts';
import { NOT_ENFORCED } from '../support/not-enforced.ts';
import { type ExpandedTemplate, expandTemplate } from '../support/templates/expand-template.ts';
import { type CreatedResource, instantiate } from '../support/templates/instantiate.ts';
import { type Json, textOf } from '../support/templates/json.ts';
import { writeWholeExample } from '../support/whole-example.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const STACKS = join(PROJECT, 'src/stacks');
const MINUTES = 60_000;
const run = promisify(execFile);

/** Statements with `*` as resource, since IAM has nothing narrower; docs/security.md gives each reason. */
const EVERY_RESOURCE = [
  'LogInToTheRegistry',
  'PullImagesAsThisAccount',
  'ReadMetrics',
  'ReadPublicPrices',
  'WorkOnObjectsAsThisAccount',
];
/** Names that must be unique in their region. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::ECS::Service': 'ServiceName',
  'AWS::Events::Rule': 'Name',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
};
const LONGEST: Readonly<Record<string, number>> = {
  'AWS::SQS::Queue': 80,
  'AWS::Lambda::Function': 64,
  'AWS::S3::Bucket': 63,
  'AWS::Events::Rule': 64,
  'AWS::StepFunctions::StateMachine': 80,
};

let folder: string;
let example: ExpandedTemplate;
/** The example with every optional stack. */
let whole: ExpandedTemplate;
let sixty: ExpandedTemplate;
/** By configuration and region. */
const created = new Map<string, CreatedResource[]>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stacks-'));
  const { settings, replication } = sixtyRules();
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(replication));
  const files = await makeDeploymentFiles(await loadConfiguration(folder), folder);
  await writeDeploymentFiles(files, folder);
  example = await expandTemplate(join(PROJECT, 'template.yaml'));
  sixty = await expandTemplate(join(folder, 'template.yaml'));
  whole = await expandTemplate(join(await writeWholeExample(join(folder, 'whole')), 'template.yaml'), { lint: true });
  for (const region of ['eu-west-1', 'us-east-1', 'ap-southeast-2']) {
    created.set(`example ${region}`, instantiate(example, region));
    created.set(`whole example ${region}`, instantiate(whole, region));
    created.set(`sixty rules ${region}`, instantiate(sixty, region));
  }
}, 10 * MINUTES);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The resources of all configurations and regions in which `fault` finds a fault. */
function faults(fault: (resource: CreatedResource, all: readonly CreatedResource[]) => unknown): string[] {
  return [...created].flatMap(([name, resources]) =>
    resources.filter((resource) => fault(resource, resources)).map(({ path }) => `${name}: ${path}`),
  );
}

function standIn(variable: string): string {
  if (variable.endsWith('_SERVICE')) return 'cluster/service';
  return variable.endsWith('_URL') ? 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue' : 'stand-in';
}

function ofTypeEverywhere(type: string): CreatedResource[] {
  return [...created.values()].flatMap((resources) => ofType(resources, type));
}

interface KeyFilter {
  readonly prefix: string;
  readonly suffix: string;
}

/** Filters on the keys of new objects for which a bucket notifies its queues; an entry without a filter covers all keys. */
function creationFilters(properties: CreatedResource['properties']): KeyFilter[] {
  return listOf(field(properties['NotificationConfiguration'], 'QueueConfigurations'))
    .filter((entry) => textOf(field(entry, 'Event')).startsWith('s3:ObjectCreated:'))
    .map((entry) => {
      const rules = listOf(field(field(field(entry, 'Filter'), 'S3Key'), 'Rules'));
      const end = (name: string): string => {
        const rule = rules.find((each) => field(each, 'Name') === name);
        return rule === undefined ? '' : textOf(field(rule, 'Value'));
      };
      return { prefix: end('prefix'), suffix: end('suffix') };
    });
}

function matches({ prefix, suffix }: KeyFilter, key: string): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix);
}

function statements() {
  return [...created.values()].flatMap((resources) => policyStatements(resources));
}

describe('the templates', () => {
  test('are those of the committed configuration', async () => {
    const files = await makeDeploymentFiles(await loadConfiguration(join(PROJECT, 'configuration')), PROJECT);
    expect(files.filter(({ isUpToDate }) => !isUpToDate).map(({ path }) => relative(PROJECT, path))).toEqual([]);
  });

  test(
    'pass `sam validate --lint` one by one',
    async () => {
      const sam = join(dirname(await preparePythonEnvironment('deploy', () => undefined)), 'sam');
      const stacks = (await readdir(STACKS)).map((name) => join(STACKS, name));
      for (const path of [join(PROJECT, 'template.yaml'), ...stacks]) {
        const env = { ...process.env, SAM_CLI_TELEMETRY: '0' };
        const { stdout } = await run(sam, ['validate', '--lint', '--template-file', path], { cwd: folder, env });
        expect(stdout).toContain('is a valid SAM Template');
      }
    },
    10 * MINUTES,
  );

  test('name no partition, since that of GovCloud differs', async () => {
    for (const name of await readdir(STACKS)) {
      expect([name, (await readFile(join(STACKS, name), 'utf8')).match(/arn:aws[^:$]*:/g)]).toEqual([name, null]);
    }
  });

  test('pass cfn-lint in the form that CloudFormation receives', () => {
    expect(whole.problems).toEqual([]);
    // Linting takes half a minute, and the linted templates include the example.
    expect(Object.keys(whole.nested).map((path) => basename(path))).toEqual(
      expect.arrayContaining(Object.keys(example.nested).map((path) => basename(path))),
    );
  });

  test.each(['eu-west-1', 'us-east-1', 'ap-southeast-2'])(
    'create resources in %s, and none in other regions',
    (region) => {
      expect(created.get(`example ${region}`)?.length).toBeGreaterThan(20);
      expect(instantiate(example, 'us-west-2')).toEqual([]);
    },
  );
});

describe('every queue', () => {
  test('has a dead-letter queue or is one, and keeps messages for 14 days, encrypted', () => {
    expect(
      faults(({ type, path, properties }) => {
        if (type !== 'AWS::SQS::Queue') return false;
        const hasDeadLetters = properties['RedrivePolicy'] !== undefined || path.endsWith('DeadLetters');
        return (
          !hasDeadLetters ||
          properties['MessageRetentionPeriod'] !== 1209600 ||
          properties['SqsManagedSseEnabled'] !== true
        );
      }),
    ).toEqual([]);
  });

  test('that invokes a function hides messages for at least six times the timeout of the function', () => {
    const pairs = [...created.values()].flatMap((resources) =>
      ofType(resources, 'AWS::Lambda::EventSourceMapping').map((mapping) => {
        const [queue, handler] = [
          referredTo(resources, mapping, at(mapping, 'EventSourceArn')),
          referredTo(resources, mapping, at(mapping, 'FunctionName')),
        ];
        return {
          visibility: Number(queue?.properties['VisibilityTimeout']),
          timeout: Number(handler?.properties['Timeout']),
        };
      }),
    );
    expect(pairs.length).toBeGreaterThan(60);
    expect(pairs.filter(({ visibility, timeout }) => !(visibility >= 6 * timeout && visibility <= 43_200))).toEqual([]);
  });

  test('reports partial batches and limits concurrent invocations', () => {
    expect(
      faults(
        (resource) =>
          resource.type === 'AWS::Lambda::EventSourceMapping' &&
          (JSON.stringify(at(resource, 'FunctionResponseTypes')) !== '["ReportBatchItemFailures"]' ||
            !(Number(at(resource, 'ScalingConfig', 'MaximumConcurrency')) >= 2)),
      ),
    ).toEqual([]);
  });
});

describe('every function', () => {
  test('is an arm64 image with its own log group, which is encrypted and expires', () => {
    expect(
      faults((resource, all) => {
        if (resource.type !== 'AWS::Lambda::Function') return false;
        const stack = resource.path.slice(0, resource.path.lastIndexOf('/') + 1);
        const group = textOf(at(resource, 'LoggingConfig', 'LogGroup')).slice(1, -1);
        const logs = all.find(({ type, path }) => type === 'AWS::Logs::LogGroup' && path === `${stack}${group}`);
        return (
          at(resource, 'PackageType') !== 'Image' ||
          JSON.stringify(at(resource, 'Architectures')) !== '["arm64"]' ||
          logs?.properties['RetentionInDays'] === undefined ||
          logs.properties['KmsKeyId'] === undefined
        );
      }),
    ).toEqual([]);
  });

  test('has the environment that its code requires', async () => {
    const given = { AWS_REGION: 'eu-west-1', CONFIGURATION_DIRECTORY: '/var/task/configuration' };
    const functions = [...created.values()].flatMap((resources) => ofType(resources, 'AWS::Lambda::Function'));
    const names = new Set<string>();
    for (const resource of functions) {
      const name = textOf(listOf(at(resource, 'ImageConfig', 'Command'))[0]).replace(/\.handler$/, '');
      const variables = Object.entries((at(resource, 'Environment', 'Variables') ?? {}) as Record<string, Json>);
      // Values that CloudFormation knows only later.
      const values = variables.map(([variable, value]) => {
        const text = textOf(value);
        return [variable, text.startsWith('<') ? standIn(variable) : text];
      });
      const environment = { ...given, ...(Object.fromEntries(values) as Environment) };
      readEnvironment(await functionVariables(name), environment);
      names.add(`${name}.ts`);
    }
    const entries = readdirSync(join(PROJECT, 'src/functions'));
    expect([...names].toSorted()).toEqual(entries.filter((entry) => entry !== 'fallback.ts').toSorted());
  });

  test('has less than 4 KB of environment variables besides the prices', () => {
    expect(faults((resource) => JSON.stringify(at(resource, 'Environment') ?? {}).length > 1024)).toEqual([]);
  });
});

describe('every policy', () => {
  test('names actions instead of wildcards, and states its purpose in a Sid', () => {
    const allowing = statements().filter(({ effect }) => effect === 'Allow');
    expect(allowing.length).toBeGreaterThan(500);
    expect(allowing.filter(({ actions }) => actions.some((action) => action.includes('*')))).toEqual([]);
    expect(statements().filter(({ sid }) => !/^[A-Z][A-Za-z0-9]{7,}$/.test(sid))).toEqual([]);
  });

  test('names resources, or all of them only with a reason in docs/security.md', async () => {
    const security = await readFile(join(PROJECT, 'docs/security.md'), 'utf8');
    const everything = statements().filter(
      ({ resources, effect, type }) => effect === 'Allow' && type !== 'AWS::KMS::Key' && resources.includes('*'),
    );
    const sids = new Set(everything.map(({ sid }) => sid));
    expect([...sids].toSorted()).toEqual([...EVERY_RESOURCE].toSorted());
    for (const sid of sids) expect(security).toContain(`\`${sid}\``);
  });

  test('that docs/security.md or the tests of least privilege name is in a template', async () => {
    const security = await readFile(join(PROJECT, 'docs/security.md'), 'utf8');
    const named = [...security.matchAll(/`([A-Z][a-z]+(?:[A-Z0-9][A-Za-z0-9]*)+)`/g)].map(([, sid = '']) => sid);
    const known = new Set(statements().map(({ sid }) => sid));
    expect(named.length).toBeGreaterThan(20);
    expect([...named, ...Object.keys(NOT_ENFORCED)].filter((sid) => !known.has(sid))).toEqual([]);
  });

  test('has only characters that IAM accepts', () => {
    expect(statements().filter(({ json }) => !/^[\x20-\x7e]*$/.test(JSON.stringify(json)))).toEqual([]);
  });

  test('lets the checks read which key a bucket encrypts with', () => {
    const checks = statements().filter(({ sid }) => sid === 'CheckBuckets');
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter(({ actions }) => !actions.includes('s3:GetEncryptionConfiguration'))).toEqual([]);
  });

  test('stays below the size that IAM accepts', () => {
    expect(
      faults(
        ({ type, properties }) =>
          type === 'AWS::IAM::ManagedPolicy' && JSON.stringify(properties['PolicyDocument']).length > 6_144,
      ),
    ).toEqual([]);
    expect(
      faults(
        ({ type, properties }) => type === 'AWS::IAM::Role' && JSON.stringify(properties['Policies']).length > 10_240,
      ),
    ).toEqual([]);
  });
});

describe('permissions of AWS services', () => {
  test('let S3 replication assume its role without a condition that S3 may not meet', () => {
    const [role] = (created.get('example eu-west-1') ?? []).filter(({ path }) => path.endsWith('/ReplicationRole'));
    expect(role === undefined ? undefined : at(role, 'AssumeRolePolicyDocument', 'Statement')).toEqual([
      { Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
  });

  test('let Lambda pull the image for functions of the account', async () => {
    const registry = instantiate(await expandTemplate(join(STACKS, 'registry.yaml')), 'eu-west-1');
    const [repository] = ofType(registry, 'AWS::ECR::Repository');
    expect(repository === undefined ? undefined : at(repository, 'RepositoryPolicyText', 'Statement')).toEqual([
      {
        Sid: 'LetFunctionsOfThisAccountPullTheImage',
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Condition: {
          StringLike: { 'aws:sourceArn': expect.stringMatching(/^arn:.*:lambda:eu-west-1:\d{12}:function:\*$/) },
        },
      },
    ]);
  });
});

describe('every bucket', () => {
  test('is versioned, encrypted and private, and aborts uploads that are never completed', () => {
    expect(
      faults((resource) => {
        if (resource.type !== 'AWS::S3::Bucket') return false;
        const open = Object.values((at(resource, 'PublicAccessBlockConfiguration') ?? {}) as Record<string, boolean>);
        const aborts = listOf(at(resource, 'LifecycleConfiguration', 'Rules')).some((rule) =>
          field(rule, 'AbortIncompleteMultipartUpload'),
        );
        return (
          at(resource, 'VersioningConfiguration', 'Status') !== 'Enabled' ||
          !JSON.stringify(at(resource, 'BucketEncryption')).includes('aws:kms') ||
          open.length !== 4 ||
          open.includes(false) ||
          !aborts
        );
      }),
    ).toEqual([]);
  });

  test('refuses plain HTTP', () => {
    expect(
      faults((resource, all) => {
        if (resource.type !== 'AWS::S3::Bucket') return false;
        const id = resource.path.slice(resource.path.lastIndexOf('/') + 1);
        const denials = policyStatements(all).filter(
          ({ path, effect }) => path === `${resource.path}Policy` && effect === 'Deny',
        );
        return !denials.some(
          ({ json, resources }) =>
            resources.includes(`<${id}.Arn>`) &&
            resources.includes(`<${id}.Arn>/*`) &&
            JSON.stringify(field(json, 'Condition')) === '{"Bool":{"aws:SecureTransport":"false"}}',
        );
      }),
    ).toEqual([]);
  });

  test('for given-up archives expires nothing at all, and exists beside every outbound bucket (C1.3)', () => {
    const named = (id: string) =>
      [...created.values()].flatMap((resources) => resources.filter(({ path }) => path.endsWith(`/${id}`)));
    const kept = named('FailedBucket');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBe(named('OutboundBucket').length);
    expect(kept.flatMap((bucket) => expirations(bucket))).toEqual([]);
    expect(kept.filter((bucket) => at(bucket, 'LifecycleConfiguration', 'Rules') === undefined)).toEqual([]);
    const given = named('ResendFunction').map((handler) => at(handler, 'Environment', 'Variables', 'FAILED_BUCKET'));
    expect(new Set(given)).toEqual(new Set(['<FailedBucket>']));
    expect(named('OutboundBucket').every((bucket) => expirations(bucket).length > 0)).toBe(true);
  });

  test('for archives in progress keeps the parts of 50 TB for as long as packing takes, and their records for longer', () => {
    const named = (id: string) =>
      [...created.values()].flatMap((resources) => resources.filter(({ path }) => path.endsWith(`/${id}`)));
    const rules = (id: string) => named(id).flatMap((bucket) => listOf(at(bucket, 'LifecycleConfiguration', 'Rules')));
    const uploads = ['OutboundBucket', 'InboundBucket']
      .flatMap(rules)
      .map((rule) => field(field(rule, 'AbortIncompleteMultipartUpload'), 'DaysAfterInitiation'))
      .filter((days) => days !== undefined)
      .map(Number);
    const records = rules('ProgressBucket')
      .map((rule) => field(rule, 'ExpirationInDays'))
      .filter((days) => days !== undefined)
      .map(Number);
    const daysOfPacking = 50e12 / 70e6 / 86_400;
    expect(Math.min(...uploads)).toBeGreaterThan(1.5 * daysOfPacking);
    expect(records).toHaveLength(named('OutboundBucket').length);
    expect(Math.min(...records)).toBeGreaterThan(Math.max(...uploads));
    const given = ['Function', 'Task'].flatMap(named).flatMap((resource) => JSON.stringify(resource.properties));
    const packing = given.filter(
      (properties) => properties.includes('OUTBOUND_BUCKET') && properties.includes('RULE_ID'),
    );
    expect(packing.length).toBeGreaterThan(0);
    expect(packing.filter((properties) => !properties.includes('PROGRESS_BUCKET'))).toEqual([]);
  });

  test('for arriving archives expires no current objects except parts that nobody will complete', () => {
    const rules = (created.get('example us-east-1') ?? [])
      .filter(({ path }) => path.endsWith('/InboundBucket'))
      .flatMap((bucket) => listOf(at(bucket, 'LifecycleConfiguration', 'Rules')));
    const expiring = rules.filter((rule) => field(rule, 'ExpirationInDays') !== undefined);
    expect(rules.length).toBeGreaterThan(expiring.length);
    expect(expiring.map((rule) => [field(rule, 'Prefix'), field(rule, 'ExpirationInDays')])).toEqual([
      [STAGE_PREFIX, 15],
    ]);
  });
});

describe('staged keys', () => {
  const [digest, id] = [
    '0123456789abcdef0123456789abcdef',
    ruleId({ region: 'eu-west-1', bucket: 'b', prefix: '', suffix: '' }),
  ];
  const archive = archiveKey(id, [{ key: 'k', etag: 'e', eventTime: 0 }]);
  /** As the services name them, in their own two buckets. */
  const staged = [
    `${STAGE_PREFIX}${digest}/1-${randomUUID()}`,
    `${STAGE_PREFIX}${digest}/9999-${randomUUID()}`,
    `${STAGE_PREFIX}${archive}/17-${randomUUID()}`,
  ];

  test('match no notification of new objects in our buckets', () => {
    const inbound = faults(
      ({ type, properties }) => type === 'AWS::S3::Bucket' && creationFilters(properties).length > 0,
    );
    expect(inbound.length).toBeGreaterThan(2);
    expect(inbound.filter((path) => !path.endsWith('/InboundBucket'))).toEqual([]);
    for (const { properties } of ofTypeEverywhere('AWS::S3::Bucket')) {
      for (const filter of creationFilters(properties)) {
        expect(staged.filter((key) => matches(filter, key))).toEqual([]);
        expect(matches(filter, archive)).toBe(true);
        // As the public implementation names them: bucket, prefix of the rule verbatim, digits.
        expect(matches(filter, `source-bucket/logs//${digest}.tar.zst`)).toBe(true);
      }
    }
  });

  test('match no replication rule', () => {
    const prefixes = ofTypeEverywhere('Custom::ReplicationRules').flatMap(({ properties }) =>
      listOf(properties['Rules']).map((rule) => textOf(field(rule, 'ArchivePrefix'))),
    );
    expect(prefixes.length).toBeGreaterThan(30);
    expect(prefixes.filter((prefix) => !/^(_resend-)?[a-z0-9-]+\/$/.test(prefix))).toEqual([]);
    expect(prefixes.filter((prefix) => staged.some((key) => key.startsWith(prefix)))).toEqual([]);
  });
});

describe('every key, alarm and name', () => {
  test('rotates, if it is a key', () => {
    expect(
      faults(({ type, properties }) => type === 'AWS::KMS::Key' && properties['EnableKeyRotation'] !== true),
    ).toEqual([]);
  });

  test('names an existing runbook and notifies the topic, if it is an alarm', async () => {
    const headings = [...(await readFile(join(PROJECT, 'docs/operations.md'), 'utf8')).matchAll(/^#+ (.*)$/gm)];
    const anchors = headings.map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(
      faults(({ type, properties }) => {
        if (type !== 'AWS::CloudWatch::Alarm') return false;
        const anchor = /Runbook: docs\/operations\.md#([a-z-]+)$/.exec(textOf(properties['AlarmDescription']))?.[1];
        return anchor === undefined || !anchors.includes(anchor) || listOf(properties['AlarmActions']).length === 0;
      }),
    ).toEqual([]);
  });

  test('has a display name of at most 100 characters, the limit of a subject, if it is a topic', () => {
    const names = [...created.values()].flatMap((resources) =>
      ofType(resources, 'AWS::SNS::Topic').map((topic) => textOf(at(topic, 'DisplayName'))),
    );
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.length > 100)).toEqual([]);
  });

  test('watches dimensions that CloudWatch can store, if it is an alarm', () => {
    const values = [...created.values()].flatMap((resources) =>
      ofType(resources, 'AWS::CloudWatch::Alarm').flatMap((alarm) =>
        listOf(at(alarm, 'Dimensions')).map((dimension) => textOf(field(dimension, 'Value'))),
      ),
    );
    expect(values).toContainEqual(expect.stringMatching(/^%E3%83%87%E3%83%BC%E3%82%BF\/%C3%A9%F0%9F%98%80\/3\//));
    expect(values.filter((value) => !/^(?!:)(?=.*\S)[\x20-\x7e]{1,1024}$/.test(value))).toEqual([]);
  });

  test('is unique in its region, and no longer than its service allows', () => {
    for (const resources of created.values()) {
      const names = resources.flatMap(({ type, properties }) => {
        const property = NAMES[type];
        return property === undefined ? [] : [{ type, name: textOf(properties[property]) }];
      });
      expect(new Set(names.map(({ type, name }) => `${type} ${name}`)).size).toBe(names.length);
      expect(names.filter(({ type, name }) => name.length > (LONGEST[type] ?? 255))).toEqual([]);
    }
  });
});

describe('sixty rules', () => {
  test('stay within the limits of CloudFormation', () => {
    for (const template of [sixty.root, ...Object.values(sixty.nested)]) {
      expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
      expect(JSON.stringify(template).length).toBeLessThan(1_000_000);
      expect(Object.keys(template.Parameters ?? {}).length).toBeLessThanOrEqual(200);
    }
    const policies = (created.get('sixty rules ap-southeast-2') ?? []).filter(({ path }) =>
      path.startsWith('TargetAccess'),
    );
    expect(policies.length).toBeGreaterThan(1);
    expect(policies.length).toBeLessThanOrEqual(10);
  });

  test('get one notification resource per bucket, and in this order: replication, function, notification', () => {
    const resources = created.get('sixty rules eu-west-1') ?? [];
    const buckets = ofType(resources, 'Custom::BucketNotification').map((resource) => at(resource, 'Bucket'));
    expect(new Set(buckets).size).toBe(buckets.length);
    expect(buckets.length).toBe(21);
    const rules = resources.filter(
      ({ path, type }) => path.startsWith('Rule') && type === 'AWS::CloudFormation::Stack',
    );
    expect(rules.length).toBe(30);
    expect(rules.filter(({ dependsOn }) => !dependsOn.includes('ReplicationEuWest1'))).toEqual([]);
  });

  test('have all tasks of a fallback on Spot, including the first, unless a share on demand is configured', () => {
    const strategies = ofType(created.get('sixty rules eu-west-1') ?? [], 'AWS::ECS::Service').map((service) =>
      at(service, 'CapacityProviderStrategy'),
    );
    expect(strategies.length).toBe(31);
    expect(new Set(strategies.map((strategy) => JSON.stringify(strategy)))).toEqual(
      new Set([
        JSON.stringify([
          { CapacityProvider: 'FARGATE', Weight: 0 },
          { CapacityProvider: 'FARGATE_SPOT', Weight: 100 },
        ]),
      ]),
    );
  });

  test('delete their replication rules after everything that writes archives, when all is removed', () => {
    const resources = created.get('sixty rules eu-west-1') ?? [];
    const writers = resources.filter(
      ({ path, type }) => /^(Rule|Fallback)[^/]*$/.test(path) && type === 'AWS::CloudFormation::Stack',
    );
    expect(writers.length).toBeGreaterThan(30);
    expect(writers.filter(({ dependsOn }) => !dependsOn.includes('ReplicationEuWest1'))).toEqual([]);
  });

  test('include one that gets new objects from EventBridge, which may send to its queues', () => {
    const resources = created.get('sixty rules eu-west-1') ?? [];
    const [events, ...more] = ofType(resources, 'AWS::Events::Rule').filter(({ path }) => path.endsWith('/NewObjects'));
    expect(more).toEqual([]);
    if (events === undefined) throw new Error('there is no rule of EventBridge');
    expect(at(events, 'EventPattern')).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: ['a-bucket-whose-name-is-as-long-as-they-come-in-practice-40'] },
        object: { key: [{ prefix: 'data set/$40/' }] },
      },
    });
    const stack = events.path.slice(0, events.path.lastIndexOf('/'));
    const senders = policyStatements(resources).filter(
      ({ path, sid }) => path.startsWith(`${stack}/`) && sid.startsWith('LetEventBridge'),
    );
    expect(senders.map(({ resources: queues }) => queues)).toEqual([['<Queue.Arn>'], ['<DeadLetters.Arn>']]);
    const [notification] = ofType(resources, 'Custom::BucketNotification').filter(
      (resource) => at(resource, 'EventBridge') === true,
    );
    expect(notification?.properties).toMatchObject({ Notifications: [] });
    expect(notification?.dependsOn).toContain(stack);
  });

  test('ignore what our own target function and its fallback wrote in the same region', () => {
    const [rule] = (created.get('sixty rules eu-west-1') ?? []).filter(({ path }) =>
      /^Rule[^/]+\/Function$/.test(path),
    );
    expect(rule === undefined ? undefined : at(rule, 'Environment', 'Variables', 'OWN_PRINCIPALS')).toBe(
      '<TargetEuWest1.Outputs.RoleId>,<TargetFallbackEuWest1.Outputs.RoleId>',
    );
  });

  test('treat IAM wildcard characters in keys as literal characters', () => {
    const allowed = policyStatements(created.get('sixty rules us-east-1') ?? []).filter(
      ({ sid }) => sid === 'RestoreObjects',
    );
    const bucket = 'arn:aws:s3:::target-bucket-with-a-rather-long-name-us-east-1-0';
    expect(allowed.flatMap(({ resources }) => resources)).toContain(`${bucket}/from\${*}/data set/\${$}0/*.csv`);
  });
});
