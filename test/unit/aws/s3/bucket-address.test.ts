import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterEach, expect, it } from '@jest/globals';
import { resolveBucketAddress } from '../../../../src/aws/s3/bucket-address.ts';

afterEach(() => {
  delete process.env['AWS_ENDPOINT_URL'];
  delete process.env['AWS_ENDPOINT_URL_S3'];
});

const resolve = (bucket: string, config: S3ClientConfig = {}) =>
  resolveBucketAddress(
    new S3Client({ region: 'eu-west-1', credentials: { accessKeyId: 'A', secretAccessKey: 'S' }, ...config }),
    bucket,
  );

it('gives each bucket its own host', async () => {
  expect(await resolve('bucket')).toEqual({
    origin: 'https://bucket.s3.eu-west-1.amazonaws.com',
    host: 'bucket.s3.eu-west-1.amazonaws.com',
    pathPrefix: '/',
  });
});

it('addresses a bucket with dots by path, since no certificate matches its host', async () => {
  expect(await resolve('my.bucket')).toEqual({
    origin: 'https://s3.eu-west-1.amazonaws.com',
    host: 's3.eu-west-1.amazonaws.com',
    pathPrefix: '/my.bucket/',
  });
});

it('follows the options of the SDK', async () => {
  const { host } = await resolve('bucket', { useDualstackEndpoint: true });
  expect(host).toBe('bucket.s3.dualstack.eu-west-1.amazonaws.com');
});

it.each([
  ['the client', { endpoint: 'http://localhost:9000' }, {}],
  ['the client, in path style', { endpoint: 'http://localhost:9000', forcePathStyle: true }, {}],
  ['AWS_ENDPOINT_URL', {}, { AWS_ENDPOINT_URL: 'http://localhost:9000' }],
  ['AWS_ENDPOINT_URL_S3', {}, { AWS_ENDPOINT_URL_S3: 'http://localhost:9000/' }],
])('addresses a custom endpoint from %s by path', async (_, config, environment) => {
  Object.assign(process.env, environment);
  expect(await resolve('bucket', config)).toEqual({
    origin: 'http://localhost:9000',
    host: 'localhost:9000',
    pathPrefix: '/bucket/',
  });
});

it('keeps the path of a custom endpoint', async () => {
  const { pathPrefix } = await resolve('bucket', { endpoint: 'http://localhost:9000/base' });
  expect(pathPrefix).toBe('/base/bucket/');
});
