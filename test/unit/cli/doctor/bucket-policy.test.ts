import { describe, expect, test } from '@jest/globals';
import { describeDenial, requestFacts } from '../../../../src/cli/doctor/bucket-policy.ts';
import { findPolicyDenials } from '../../../../src/deployment/policy-denials.ts';

const ACCOUNT = '111122223333';
const ROLES = `arn:aws:iam::${ACCOUNT}:role/app-`;
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/k`;
const HEADER = 's3:x-amz-server-side-encryption';

/** The findings for a policy that denies PUTs under a condition. */
function judge(Condition: object, kmsKeyArn?: string) {
  const statement = { Sid: 'S', Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: '*', Condition };
  const facts = requestFacts(ACCOUNT, ROLES, kmsKeyArn);
  const use = { account: ACCOUNT, bucket: 'restored', prefix: '', actions: ['s3:PutObject'], facts };
  const denials = findPolicyDenials(JSON.stringify({ Statement: [statement] }), use);
  return denials.map((denial) => describeDenial('bucket', 'restored', ROLES, denial));
}

describe('a policy that requires an encryption header', () => {
  test.each([
    { StringNotEquals: { [HEADER]: 'aws:kms' } },
    { StringNotEquals: { [HEADER]: 'AES256' } },
    { Null: { [HEADER]: 'true' } },
    { StringNotLike: { [`${HEADER}-aws-kms-key-id`]: KEY } },
  ])('denies every PUT if the rule names no key: %j', (Condition) => {
    expect(judge(Condition)).toMatchObject([
      {
        status: 'failure',
        says: expect.stringContaining('requires a different x-amz-server-side-encryption header'),
        fix: expect.stringContaining('kms_key_arn'),
      },
    ]);
  });

  test.each([
    [{ StringNotEquals: { [HEADER]: 'aws:kms' } }, 0],
    [{ Null: { [HEADER]: 'true' } }, 0],
    [{ StringNotLike: { [`${HEADER}-aws-kms-key-id`]: KEY } }, 0],
    [{ StringNotEquals: { [HEADER]: 'AES256' } }, 1],
    [{ StringNotLike: { [`${HEADER}-aws-kms-key-id`]: `${KEY}-of-others` } }, 1],
  ])('is met by a rule that names the right key: %j', (Condition, complaints) => {
    expect(judge(Condition, KEY)).toHaveLength(complaints);
  });
});

describe('a policy that denies unsigned payloads', () => {
  const Condition = { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };

  test('denies every PUT', () => {
    expect(judge(Condition)).toMatchObject([
      { status: 'failure', fix: expect.stringContaining(`"ArnNotLike": {"aws:PrincipalArn": "${ROLES}*"}`) },
    ]);
  });

  test('denies none of our PUTs once it excepts our roles, as the fix says', () => {
    expect(judge({ ...Condition, ArnNotLike: { 'aws:PrincipalArn': `${ROLES}*` } })).toEqual([]);
  });

  test('may deny them if it has exceptions that doctor cannot evaluate', () => {
    expect(judge({ ...Condition, StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } })).toMatchObject([
      { status: 'warning', says: expect.stringContaining('depending on aws:SourceVpc') },
    ]);
  });
});
