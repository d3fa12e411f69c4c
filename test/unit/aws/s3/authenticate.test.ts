import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { Authenticator } from '../../../../src/aws/s3/authenticate.ts';

const EXPIRY = Date.UTC(2026, 10, 29, 12);
const MINUTE = 60_000;

function authenticatorAt(now: () => number) {
  const client = new S3Client({
    region: 'eu-west-1',
    credentials: () => Promise.resolve({ accessKeyId: 'A', secretAccessKey: 'secret', expiration: new Date(EXPIRY) }),
  });
  return new Authenticator(client, now);
}

test('credentials are refreshed a minute before they expire, not after', async () => {
  let now = EXPIRY - 10 * MINUTE;
  const authenticator = authenticatorAt(() => now);
  expect(authenticator.isReady).toBe(false);
  await authenticator.refresh(false);
  expect(authenticator.isReady).toBe(true);
  now = EXPIRY - MINUTE - 1;
  expect(authenticator.isReady).toBe(true);
  now = EXPIRY - MINUTE;
  expect(authenticator.isReady).toBe(false);
});
