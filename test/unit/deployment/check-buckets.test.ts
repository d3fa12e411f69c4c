import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkBuckets } from '../../../src/deployment/check-buckets.ts';
import { AccessDeniedError } from '../../../src/storage/errors.ts';
import { MemoryDeployment } from '../../support/memory-deployment.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:alias/data';
const { signal } = new AbortController();
const check = (Bucket: string, KmsKeyArn = '') =>
  checkBuckets('source', { Buckets: [{ Bucket, KmsKeyArn }] }, s3, signal);

let s3: MemoryDeployment;

beforeEach(() => {
  s3 = new MemoryDeployment();
  s3.bucketFacts.set('data', { region: 'eu-west-1', versioned: false });
  s3.bucketFacts.set('elsewhere', { region: 'us-east-1', versioned: true });
});

describe('checkBuckets', () => {
  test('accepts a bucket of this region, versioned or not, and a usable key', async () => {
    s3.keyFacts.set(KEY, { isEnabled: true, state: 'Enabled', isForSymmetricEncryption: true });
    await expect(check('data', KEY)).resolves.toBeUndefined();
  });

  test('waits for a permission that was just granted', async () => {
    const { findRegion } = s3.buckets;
    let refusals = 2;
    s3.buckets.findRegion = (bucket) => {
      refusals -= 1;
      return refusals < 0 ? findRegion(bucket) : Promise.reject(new AccessDeniedError('not yet'));
    };
    await check('data');
    expect(s3.waits).toEqual([750, 1500]);
  });

  test('says where to create a bucket that is missing', async () => {
    await expect(check('missing')).rejects.toThrow(
      'The source bucket missing does not exist. Create it in eu-west-1, or correct source.bucket in replication_config.json.',
    );
  });

  test('says which region a bucket is in', async () => {
    await expect(check('elsewhere')).rejects.toThrow(/is in us-east-1, but replication_config.json says eu-west-1/);
  });

  test('refuses a key of another region without reading it', async () => {
    await expect(check('data', KEY.replace('eu-west-1', 'us-east-1'))).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
      message: expect.stringContaining('is in us-east-1, not in eu-west-1'),
    });
  });

  test('reports every bucket and key together', async () => {
    const Buckets = [
      { Bucket: 'missing', KmsKeyArn: KEY },
      { Bucket: 'elsewhere', KmsKeyArn: '' },
    ];
    await expect(checkBuckets('destination', { Buckets }, s3, signal)).rejects.toThrow(
      /3 problems: .*bucket missing does not exist.*alias\/data.*does not exist.*bucket elsewhere is in us-east-1/,
    );
  });
});

describe('a bucket with a customer managed key as its default', () => {
  const OWN = 'arn:aws:kms:eu-west-1:123456789012:key/1234-abcd';
  const OTHER = 'arn:aws:kms:eu-west-1:123456789012:key/5678-efgh';
  const ALIAS = 'arn:aws:kms:eu-west-1:123456789012:alias/data-key';
  const FACTS = { isEnabled: true, state: 'Enabled', isForSymmetricEncryption: true };
  const target = (...keys: string[]) => {
    const Buckets = keys.map((KmsKeyArn, index) => ({ Bucket: index === 0 ? 'data' : `other-${index}`, KmsKeyArn }));
    return checkBuckets('destination', { Buckets }, s3, signal);
  };

  beforeEach(() => {
    s3.bucketFacts.set('other-1', { region: 'eu-west-1', versioned: false });
    for (const key of [OWN, OTHER]) s3.keyFacts.set(key, FACTS);
  });

  test.each([OWN, '1234-abcd', ALIAS, 'alias/data-key'])('is refused if no rule names the key: %s', async (held) => {
    s3.defaultKeys.set('data', held);
    const refusal = { code: 'KEY_UNUSABLE', message: expect.stringContaining(`the KMS key ${held} by default`) };
    await expect(check('data')).rejects.toMatchObject(refusal);
    await expect(check('data')).rejects.toThrow(/Set source\.kms_key_arn .* to the ARN of this key/);
    await expect(target('')).rejects.toThrow(/Set destinations\[\]\.kms_key_arn/);
  });

  test.each([OWN, '1234-abcd', ALIAS, 'alias/data-key'])('is accepted if its rule names the key: %s', async (held) => {
    s3.defaultKeys.set('data', held);
    s3.keyFacts.set(ALIAS, { ...FACTS, arn: OWN });
    await check('data', OWN);
    await target('', OWN);
    expect(s3.warnings).toEqual([]);
  });

  test('is accepted at a target whose rule names another key, which encrypts the copies', async () => {
    s3.defaultKeys.set('data', OTHER);
    await target(OWN);
    await expect(target('', OWN)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
  });

  test('causes a warning at a source whose rule names another key, since objects may be encrypted with it', async () => {
    s3.defaultKeys.set('data', OTHER);
    await check('data', OWN);
    expect(s3.warnings).toEqual([expect.stringContaining('a key other than the one its rule names')]);
  });

  test('is accepted if KMS does not say which key an alias stands for', async () => {
    s3.defaultKeys.set('data', ALIAS);
    s3.hiddenKeys.add(ALIAS);
    await check('data', OWN);
    expect([s3.warnings, s3.waits]).toEqual([[], []]);
  });
});
