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
  test('accepts a bucket of this region, versioned or not, and a key that can be used', async () => {
    s3.keyFacts.set(KEY, { enabled: true, state: 'Enabled', symmetricEncryption: true });
    await expect(check('data', KEY)).resolves.toBeUndefined();
  });

  test('waits for a permission that was given a moment ago', async () => {
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
    await expect(check('elsewhere')).rejects.toThrow(/is in us-east-1, and replication_config.json says eu-west-1/);
  });

  test('refuses a key of another region without asking for it', async () => {
    await expect(check('data', KEY.replace('eu-west-1', 'us-east-1'))).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
      message: expect.stringContaining('is in us-east-1, not in eu-west-1'),
    });
  });

  test('tells of every bucket and key at once', async () => {
    const Buckets = [
      { Bucket: 'missing', KmsKeyArn: KEY },
      { Bucket: 'elsewhere', KmsKeyArn: '' },
    ];
    await expect(checkBuckets('destination', { Buckets }, s3, signal)).rejects.toThrow(
      /3 problems: .*bucket missing does not exist.*alias\/data.*does not exist.*bucket elsewhere is in us-east-1/,
    );
  });
});
