import { expect, test } from '@jest/globals';
import { findAccepted } from '../../../src/packing/find-accepted.ts';
import {
  AccessDeniedError,
  UnavailableStorageError,
  UploadGoneError,
  WriteConditionError,
} from '../../../src/storage/errors.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';

const LOCATION = { bucket: 'outbound', key: 'k' };
const STORED: ObjectDescription = {
  size: 10,
  etag: 'e',
  lastModified: new Date(0),
  headers: {},
  metadata: {},
  storageClass: 'STANDARD',
  tagCount: 0,
  missingMetadata: 0,
};
const lost = new UnavailableStorageError('no response');

async function find(
  stored: ObjectDescription | undefined,
  shared: boolean,
  failure = lost as Parameters<typeof findAccepted>[0],
) {
  let looks = 0;
  const head = () => {
    looks += 1;
    return Promise.resolve(stored);
  };
  const sent = { location: LOCATION, size: 10, crc32: 7, isShared: shared };
  const found = await findAccepted(failure, sent, { head }, new AbortController().signal);
  return { found, looks };
}

test.each([
  [
    'an archive of our size and checksum',
    { ...STORED, crc32: 7 },
    { size: 10, mayBeOurs: true },
    { size: 10, mayBeOurs: true },
  ],
  ['an archive of our size, without a checksum', STORED, { size: 10, mayBeOurs: true }, { size: 10, mayBeOurs: true }],
  ['an archive with another checksum', { ...STORED, crc32: 8 }, undefined, { size: 10, mayBeOurs: false }],
  ['an archive of another size', { ...STORED, size: 11, crc32: 7 }, undefined, { size: 11, mayBeOurs: false }],
  [
    'an archive of another size, without a checksum',
    { ...STORED, size: 11 },
    undefined,
    { size: 11, mayBeOurs: false },
  ],
  ['nothing', undefined, undefined, undefined],
])('findAccepted, after the last call of an archive failed, finds %s', async (_, stored, own, shared) => {
  expect((await find(stored, false)).found).toEqual(own);
  expect((await find(stored, true)).found).toEqual(shared);
});

test('findAccepted sends a HEAD only if the call may have succeeded', async () => {
  const stored = { ...STORED, crc32: 7 };
  for (const failure of [new WriteConditionError('412'), new UploadGoneError('gone'), lost]) {
    expect(await find(stored, false, failure)).toMatchObject({ found: { mayBeOurs: true }, looks: 1 });
  }
  expect(await find(stored, true, new AccessDeniedError('403'))).toEqual({ found: undefined, looks: 0 });
});
