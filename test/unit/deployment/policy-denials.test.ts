import { describe, expect, test } from '@jest/globals';
import type { RequestFacts } from '../../../src/deployment/policy-conditions.ts';
import { findPolicyDenials } from '../../../src/deployment/policy-denials.ts';

const USE = { account: '111122223333', bucket: 'photos', prefix: 'raw/', actions: ['s3:GetObject', 's3:ListBucket'] };
const DENY = {
  Sid: 'S',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/*'],
};
const find = (...Statement: readonly object[]) =>
  findPolicyDenials(JSON.stringify({ Version: '2012-10-17', Statement }), USE);
const always = (actions: readonly string[]) => [{ statement: 'S', actions, dependsOn: [], because: [] }];

test.each([
  ['everybody', '*', true],
  ['everybody, by AWS', { AWS: '*' }, true],
  ['the account', { AWS: ['arn:aws:iam::111122223333:root'] }, true],
  ['the account by its number', { AWS: '111122223333' }, true],
  ['another account', { AWS: 'arn:aws:iam::999999999999:root' }, false],
  ['one user', { AWS: 'arn:aws:iam::111122223333:user/eve' }, false],
  ['a service', { Service: 'logging.s3.amazonaws.com' }, false],
])('a denial of %s', (_, Principal, denies) => {
  expect(find({ ...DENY, Principal })).toEqual(denies ? always(USE.actions) : []);
});

test('a denial of everyone except some principals affects us', () => {
  expect(
    find({ ...DENY, Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:user/admin' } }),
  ).toEqual(always(USE.actions));
});

test.each([
  ['s3:GetObject', ['s3:GetObject']],
  ['s3:get*', ['s3:GetObject']],
  [['s3:PutObject', 's3:Delete*'], []],
  ['*', USE.actions],
])('the action %j', (Action, actions) => {
  expect(find({ ...DENY, Action })).toEqual(actions.length === 0 ? [] : always(actions));
});

test('every action except those in NotAction', () => {
  expect(find({ ...DENY, Action: undefined, NotAction: 's3:List*' })).toEqual(always(['s3:GetObject']));
});

test.each([
  ['arn:aws:s3:::photos/*', ['s3:GetObject']],
  ['arn:aws:s3:::photos/raw/secret/*', ['s3:GetObject']],
  ['arn:aws:s3:::photos/raw/one.jpg', ['s3:GetObject']],
  ['arn:aws:s3:::photos/done/*', []],
  ['arn:aws:s3:::photos', ['s3:ListBucket']],
  ['arn:aws:s3:::photos*', USE.actions],
  ['arn:aws:s3:::other/*', []],
])('the resource %s', (Resource, actions) => {
  expect(find({ ...DENY, Resource })).toEqual(actions.length === 0 ? [] : always(actions));
});

test.each([
  ['plain HTTP', { Bool: { 'aws:SecureTransport': 'false' } }, []],
  ['old TLS', { NumericLessThan: { 's3:TlsVersion': 1.2 } }, []],
  [
    'a network',
    { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } },
    [{ statement: 'S', actions: USE.actions, dependsOn: ['aws:SourceVpce'], because: [] }],
  ],
])('a denial of %s', (_, Condition, found) => {
  expect(find({ ...DENY, Condition })).toEqual(found);
});

test('an Allow denies nothing, and a single statement need not be a list', () => {
  expect(find({ ...DENY, Effect: 'Allow' })).toEqual([]);
  expect(findPolicyDenials(JSON.stringify({ Statement: { ...DENY, Sid: undefined } }), USE)).toMatchObject([
    { statement: 'number 1' },
  ]);
});

describe('conditions that our requests are known to meet or to fail', () => {
  const facts: RequestFacts = new Map([
    ['s3:x-amz-server-side-encryption', undefined],
    ['s3:x-amz-content-sha256', { value: 'UNSIGNED-PAYLOAD' }],
  ]);
  const findFor = (Condition: object) =>
    findPolicyDenials(JSON.stringify({ Statement: [{ ...DENY, Condition }] }), { ...USE, facts });

  test('cause a denial if nothing else is required', () => {
    const Condition = { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };
    expect(findFor(Condition)).toEqual([
      { statement: 'S', actions: USE.actions, dependsOn: [], because: ['s3:x-amz-content-sha256'] },
    ]);
  });

  test('may cause a denial if something else is required as well', () => {
    const Condition = {
      Null: { 's3:x-amz-server-side-encryption': 'true' },
      IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
    };
    expect(findFor(Condition)).toMatchObject([
      { dependsOn: ['aws:SourceIp'], because: ['s3:x-amz-server-side-encryption'] },
    ]);
  });

  test('cause no denial if our requests fail them', () => {
    expect(findFor({ StringEquals: { 's3:x-amz-server-side-encryption': 'AES256' } })).toEqual([]);
  });
});
