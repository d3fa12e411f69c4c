import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { at, field, policyStatements } from '../support/invariants.ts';
import { expandTemplate } from '../support/templates/expand-template.ts';
import { type CreatedResource, instantiate } from '../support/templates/instantiate.ts';
import { textOf } from '../support/templates/json.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTES = 60_000;
const REGIONS = ['eu-west-1', 'us-east-1', 'ap-southeast-2'];

let resources: CreatedResource[];

beforeAll(async () => {
  const example = await expandTemplate(join(PROJECT, 'template.yaml'));
  resources = REGIONS.flatMap((region) =>
    instantiate(example, region).map((resource) => ({ ...resource, path: `${region}/${resource.path}` })),
  );
}, 5 * MINUTES);

const stackOf = ({ path }: { readonly path: string }): string => path.slice(0, path.lastIndexOf('/'));

/** Not of a network endpoint, which only restricts what roles may do. */
function isOfRole({ type }: { readonly type: string }): boolean {
  return ['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(type);
}

function functions(): CreatedResource[] {
  return resources.filter(({ type }) => type === 'AWS::Lambda::Function');
}

function alarmOn(subject: CreatedResource, metric: string): CreatedResource | undefined {
  return resources.find(
    (resource) =>
      resource.type === 'AWS::CloudWatch::Alarm' &&
      stackOf(resource) === stackOf(subject) &&
      at(resource, 'MetricName') === metric,
  );
}

describe('a function that requeues messages to the queue that invokes it', () => {
  const requeuing = (): CreatedResource[] => {
    const senders = policyStatements(resources)
      .filter(({ sid, actions }) => sid === 'WorkOnTheQueue' && actions.includes('sqs:SendMessage'))
      .map(stackOf);
    return functions().filter((each) => senders.includes(stackOf(each)));
  };

  test('does not count as a loop for Lambda, which would drop invocations after 16 turns', () => {
    expect(requeuing().length).toBeGreaterThan(4);
    expect(requeuing().filter((each) => at(each, 'RecursiveLoop') !== 'Allow')).toEqual([]);
  });

  test('raises an alarm if Lambda drops invocations anyway', () => {
    expect(requeuing().filter((each) => alarmOn(each, 'RecursiveInvocationsDropped') === undefined)).toEqual([]);
  });

  test('is the only kind of function for which Lambda allows loops', () => {
    const allowed = functions().filter((each) => at(each, 'RecursiveLoop') !== undefined);
    expect(allowed.map(({ path }) => path)).toEqual(requeuing().map(({ path }) => path));
  });
});

test('a role that reads and writes the statistics table may use its key in every way that DynamoDB may require', () => {
  const statements = policyStatements(resources);
  const users = statements.filter(({ actions }) => actions.includes('dynamodb:UpdateItem')).filter(isOfRole);
  const keys = ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'];
  expect(users.length).toBeGreaterThan(0);
  for (const { path } of users) {
    const [use] = statements.filter((each) => each.path === path && each.sid === 'DecryptStatistics');
    expect(use?.actions).toEqual(expect.arrayContaining(keys.map((name) => `kms:${name}`)));
    expect(JSON.stringify(field(use?.json, 'Condition'))).toMatch(/kms:ViaService.*dynamodb\./);
  }
});

describe('the watermark function', () => {
  test.each(['Errors', 'Throttles', 'Invocations'])('has an alarm on its %s', (metric) => {
    const watermarks = functions().filter(({ path }) => /Watermark[^/]*\/Function$/.test(path));
    expect(watermarks.length).toBeGreaterThan(0);
    expect(watermarks.filter((each) => alarmOn(each, metric) === undefined)).toEqual([]);
  });

  test('has an alarm that fires if it is not invoked at all, since a metric without values has no data', () => {
    const silent = resources.filter(({ path }) => /Watermark[^/]*\/SilentAlarm$/.test(path));
    expect(silent.length).toBeGreaterThan(0);
    for (const alarm of silent) {
      expect(at(alarm, 'TreatMissingData')).toBe('breaching');
      expect(at(alarm, 'ComparisonOperator')).toBe('LessThanOrEqualToThreshold');
    }
  });
});

describe('the role of a rule', () => {
  test('has no permissions for uploads in the progress bucket, which has no multipart uploads', () => {
    const rights = policyStatements(resources).filter(({ json }) =>
      JSON.stringify(field(json, 'Resource') ?? '')
        .toLowerCase()
        .includes('progress'),
    );
    const actions = rights.filter(({ type }) => type === 'AWS::IAM::Policy').flatMap((each) => each.actions);
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.map(textOf).filter((action) => action.includes('Multipart'))).toEqual([]);
  });
});
