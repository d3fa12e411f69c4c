import { createHash, createHmac, type Hash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { encodeKey, encodeUriComponent } from '../../../../src/aws/s3/encode-key.ts';
import { LAMBDA, RequestSigner, type SigningCredentials } from '../../../../src/aws/s3/sign-request.ts';
import { objectKeys } from '../../../support/hostile-keys.ts';

class Sha256 {
  readonly #hash: Hash | ReturnType<typeof createHmac>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer);
  }
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('not needed for signing');
  }
}

const visible = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const headerNames = fc.constantFrom(
  'content-type',
  'if-match',
  'range',
  'x-amz-meta-a',
  'x-amz-meta-a-b',
  'x-amz-tagging',
  'x-amz-checksum-crc32',
  'cache-control',
);
const requests = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  host: fc.constantFrom('bucket.s3.eu-west-1.amazonaws.com', '127.0.0.1:9000'),
  key: objectKeys,
  query: fc.dictionary(fc.constantFrom('uploadId', 'partNumber', 'tagging', 'uploads'), visible),
  headers: fc.dictionary(headerNames, visible),
  time: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
  sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
});

it('RequestSigner signs every request as @smithy/signature-v4 does', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, host, key, query, headers, time, sessionToken }) => {
      const credentials: SigningCredentials = {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
        ...(sessionToken === undefined ? {} : { sessionToken }),
      };
      const path = `/${encodeKey(key)}`;
      const canonicalQuery = Object.entries(query)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}=${encodeUriComponent(value)}`)
        .join('&');
      const ours = new RequestSigner('eu-west-1').sign(
        { method, host, path, query: canonicalQuery, headers: Object.entries(headers).flat() },
        credentials,
        time.getTime(),
      );
      const reference = new SignatureV4({
        service: 's3',
        region: 'eu-west-1',
        credentials,
        sha256: Sha256,
        uriEscapePath: false,
      });
      const theirs = await reference.sign(
        {
          method,
          protocol: 'https:',
          hostname: host,
          path,
          query,
          headers: { ...headers, host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        },
        { signingDate: time, unsignableHeaders: new Set(['if-match', 'range', 'cache-control']) },
      );
      expect(ours[ours.indexOf('authorization') + 1]).toBe(theirs.headers['authorization']);
      expect(ours[ours.indexOf('x-amz-date') + 1]).toBe(theirs.headers['x-amz-date']);
    }),
    { numRuns: 300 },
  );
});

it('the derived key changes with the day and with the secret', () => {
  const signer = new RequestSigner('eu-west-1');
  const request = { method: 'GET', host: 'h', path: '/k', query: '', headers: [] };
  const sign = (secretAccessKey: string, time: number) =>
    signer.sign(request, { accessKeyId: 'A', secretAccessKey }, time).at(-1)?.split('Signature=')[1];
  const day = 86_400_000;
  const signatures = [sign('one', 0), sign('one', day), sign('two', day), sign('one', 0)];
  expect(new Set(signatures).size).toBe(3);
  expect(signatures[3]).toBe(signatures[0]);
});

it('RequestSigner signs with the key of the day, even if the process runs past midnight', () => {
  const request = { method: 'GET', host: 'h', path: '/k', query: '', headers: [] };
  const credentials = { accessKeyId: 'A', secretAccessKey: 'one' };
  const midnight = Date.UTC(2026, 10, 30);
  const lasting = new RequestSigner('eu-west-1');
  lasting.sign(request, credentials, midnight - 1);
  expect(lasting.sign(request, credentials, midnight)).toEqual(
    new RequestSigner('eu-west-1').sign(request, credentials, midnight),
  );
});

it('RequestSigner signs requests to Lambda as @smithy/signature-v4 does', async () => {
  const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.constantFrom('7', '$LATEST'),
      fc.date({ noInvalidDate: true, min: new Date('2000-01-01'), max: new Date('2099-12-31') }),
      async (name, qualifier, time) => {
        const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token==' };
        const host = 'lambda.eu-west-1.amazonaws.com';
        const path = `/2015-03-31/functions/${name}`;
        const query = `Qualifier=${encodeURIComponent(qualifier)}`;
        const ours = new RequestSigner('eu-west-1', LAMBDA).sign(
          { method: 'GET', host, path, query, headers: [] },
          credentials,
          time.getTime(),
        );
        const reference = new SignatureV4({ service: 'lambda', region: 'eu-west-1', credentials, sha256: Sha256 });
        const theirs = await reference.sign(
          {
            method: 'GET',
            protocol: 'https:',
            hostname: host,
            path,
            query: { Qualifier: qualifier },
            headers: { host },
          },
          { signingDate: time },
        );
        expect(ours.at(-1)).toBe(theirs.headers['authorization']);
      },
    ),
  );
});
