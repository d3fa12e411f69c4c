import { describe, expect, test } from '@jest/globals';
import { RequestSigner } from '../../../src/aws/s3/sign-request.ts';
import { buildObjectHeaders } from '../../../src/aws/s3/write-headers.ts';
import { fitsRequest, headerBytes, isRestorable } from '../../../src/storage/header-section.ts';
import type { WriteTarget } from '../../../src/storage/object-store.ts';

const BARE = { bucket: 'b', key: 'k', headers: {}, metadata: {}, tags: [] } satisfies WriteTarget;
const KEY_ARN = 'arn:aws:kms:ap-southeast-1:123456789012:key/12345678-1234-1234-1234-123456789012';

/** The bytes of the header section of the longest PUT of `target`, built and signed. */
function sentBytes(target: WriteTarget, token: number): number {
  const host = `${'b'.repeat(63)}.s3.ap-southeast-1.amazonaws.com`;
  const headers = [
    ...buildObjectHeaders(target),
    'x-amz-checksum-crc32',
    'AAAAAA==',
    'if-match',
    `"${'e'.repeat(38)}"`,
  ];
  const credentials = { accessKeyId: 'A'.repeat(20), secretAccessKey: 's', sessionToken: 't'.repeat(token) };
  const request = { method: 'PUT', host, path: '/k', query: '', headers };
  const signed = new RequestSigner('ap-southeast-1').sign(request, credentials, 0);
  const all = ['host', host, 'connection', 'keep-alive', 'content-length', '5368709120', ...signed];
  return all.reduce((sum, text) => sum + text.length + 2, 0);
}

describe('header bytes', () => {
  test.each<[string, Partial<WriteTarget>]>([
    ['nothing', {}],
    ['headers', { headers: { contentType: 'text/plain', websiteRedirectLocation: '/a', expires: 'never' } }],
    ['metadata', { metadata: { a: 'plain', b: 'ä'.repeat(200), c: '' } }],
    ['tags', { tags: [{ key: 'Ключ', value: 'a b/c' }] }],
    ['storage class and key', { storageClass: 'STANDARD_IA', kmsKeyArn: KEY_ARN }],
  ])('are counted as they are sent: %s', (_, more) => {
    const target = { ...BARE, ...more };
    expect(sentBytes(target, 0) - sentBytes(BARE, 0)).toBe(headerBytes(target));
  });

  test('include the names that S3 uses', () => {
    const headers = {
      contentType: 'a/b',
      contentEncoding: 'c',
      contentDisposition: 'd',
      contentLanguage: 'e',
      cacheControl: 'f',
      expires: 'g',
      websiteRedirectLocation: '/h',
    };
    const named = ['content-type', 'a/b', 'content-encoding', 'c', 'content-disposition', 'd', 'content-language', 'e'];
    const more = ['cache-control', 'f', 'expires', 'g', 'x-amz-website-redirect-location', '/h'];
    expect(buildObjectHeaders({ ...BARE, headers })).toEqual([...named, ...more]);
    expect(headerBytes({ ...BARE, headers })).toBe(197);
  });

  test('leave room in the 8 KB of a request for the rest and a token of 1,500 characters', () => {
    const filled = (bytes: number): WriteTarget => ({ ...BARE, headers: { cacheControl: 'x'.repeat(bytes) } });
    const most = Array.from({ length: 8192 }, (_, bytes) => bytes).findLast((bytes) => fitsRequest(filled(bytes))) ?? 0;
    expect(sentBytes(filled(most), 1500)).toBeLessThanOrEqual(8192);
    expect(sentBytes(filled(most), 1500)).toBeGreaterThan(8192 - 200);
  });
});

test('an object whose metadata was sent in headers can be restored without its tags in the headers', () => {
  const metadata = { a: 'x'.repeat(1000), b: 'é'.repeat(523) };
  const tags = Array.from({ length: 10 }, (_, n) => ({ key: `${n}${'К'.repeat(11)}`, value: 'я'.repeat(120) }));
  expect(isRestorable({ headers: {}, metadata })).toBe(true);
  expect(fitsRequest({ headers: {}, metadata, tags })).toBe(false);
  expect(isRestorable({ headers: { contentDisposition: 'x'.repeat(6000) }, metadata })).toBe(false);
});

test('a request may have 8,192 bytes of headers, less 640 for itself, 1,536 for the token and 700 for stamps', () => {
  const filled = (bytes: number) => ({ cacheControl: 'x'.repeat(bytes - 'cache-control: \r\n'.length) });
  const fits = (bytes: number) => fitsRequest({ headers: filled(bytes), metadata: {}, tags: [] });
  expect([fits(6016), fits(6017)]).toEqual([true, false]);
  const restores = (bytes: number) => isRestorable({ headers: filled(bytes), metadata: {} });
  expect([restores(5316), restores(5317)]).toEqual([true, false]);
});
