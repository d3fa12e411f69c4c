import { describe, expect, test } from '@jest/globals';
import { judgeConditions, type RequestFacts } from '../../../src/deployment/policy-conditions.ts';

const HEADER = 's3:x-amz-server-side-encryption';
const ROLES = 'arn:aws:iam::111122223333:role/app-';
const FACTS: RequestFacts = new Map([
  [HEADER, undefined],
  ['s3:x-amz-content-sha256', { value: 'UNSIGNED-PAYLOAD' }],
  ['aws:principalarn', { value: ROLES, isBeginning: true }],
]);
const holds = (operator: string, key: string, values: unknown) =>
  judgeConditions({ [operator]: { [key]: values } }, FACTS).holds;

describe('a key that the request does not have', () => {
  test.each([
    ['Null', 'true', true],
    ['Null', true, true],
    ['Null', 'false', false],
    ['StringEquals', 'AES256', false],
    ['StringLike', '*', false],
    ['StringNotEquals', 'aws:kms', true],
    ['StringNotLike', 'aws:*', true],
    ['StringNotEqualsIfExists', 'aws:kms', true],
    ['StringEqualsIfExists', 'aws:kms', true],
  ])('%s %s', (operator, value, expected) => {
    expect(holds(operator, HEADER, value)).toBe(expected);
  });
});

describe('a known value', () => {
  test.each([
    ['Null', 'true', false],
    ['StringEquals', 'UNSIGNED-PAYLOAD', true],
    ['StringEquals', ['A', 'UNSIGNED-PAYLOAD'], true],
    ['StringEquals', 'unsigned-payload', false],
    ['StringEqualsIgnoreCase', 'unsigned-payload', true],
    ['StringLike', 'UNSIGNED-*', true],
    ['StringNotEquals', ['A', 'UNSIGNED-PAYLOAD'], false],
    ['StringNotLike', 'SIGNED*', true],
  ])('%s %s', (operator, value, expected) => {
    expect(holds(operator, 'S3:X-Amz-Content-SHA256', value)).toBe(expected);
  });
});

describe('a value of which only the beginning is known', () => {
  test.each([
    ['ArnLike', `${ROLES}*`, true],
    ['ArnLike', 'arn:aws:iam::111122223333:role/*', true],
    ['ArnNotLike', `${ROLES}*`, false],
    ['ArnNotLike', 'arn:aws:iam::111122223333:role/admin', true],
    ['ArnNotLike', ['arn:aws:iam::111122223333:role/admin', `${ROLES}*`], false],
    ['ArnNotLike', `${ROLES}TargetUsEast1-*`, 'unknown'],
    ['ArnLike', `${ROLES}*-x`, 'unknown'],
  ])('%s %s', (operator, value, expected) => {
    expect(holds(operator, 'aws:PrincipalArn', value)).toBe(expected);
  });
});

test.each([
  ['an unknown key', 'StringEquals', 'aws:SourceVpce'],
  ['an operator over several values', 'ForAllValues:StringEquals', HEADER],
  ['an operator for numbers', 'NumericLessThan', 's3:x-amz-content-sha256'],
])('%s is not evaluated', (_what, operator, key) => {
  expect(judgeConditions({ [operator]: { [key]: '1' } }, FACTS)).toEqual({
    holds: 'unknown',
    keys: [],
    unknownKeys: [key],
  });
});

test('all conditions must hold, and one that does not hold decides', () => {
  const both = { Null: { [HEADER]: 'true' }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
  expect(judgeConditions(both, FACTS)).toEqual({ holds: 'unknown', keys: [HEADER], unknownKeys: ['aws:SourceIp'] });
  expect(judgeConditions({ ...both, StringEquals: { [HEADER]: 'AES256' } }, FACTS)).toEqual({ holds: false });
  expect(judgeConditions({}, FACTS)).toEqual({ holds: true, keys: [] });
});
