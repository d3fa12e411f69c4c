import { expect, test } from '@jest/globals';
import { ObjectChecksumError } from '../../../../src/archive/errors.ts';
import { damageArchive } from '../../../../src/cli/demo/archives/damage-archive.ts';
import { isReadable, tryInspect } from '../../../../src/cli/demo/archives/inspect-archive.ts';
import type { ArchiveBytes } from '../../../../src/cli/demo/archives/read-archive.ts';
import { buildArchive, decompressFrame, readArchive, readSeekTable } from '../../../support/archives.ts';

function inMemory(bytes: Buffer): ArchiveBytes {
  return {
    name: 'test.tar.zst',
    size: bytes.length,
    read: (start, length) => Promise.resolve(bytes.subarray(start, start + length)),
  };
}

function decompress(archive: Buffer): Buffer {
  return Buffer.concat(readSeekTable(archive).map((entry) => decompressFrame(archive, entry)));
}

test("damages one byte of each object, which only the object's checksum can detect", async () => {
  const archive = buildArchive([
    { key: 'a.txt', body: Buffer.from('first object') },
    { key: 'empty', body: Buffer.alloc(0) },
    { key: 'b.txt', body: Buffer.from('second object') },
  ]);
  const damaged = await damageArchive(inMemory(archive));
  expect(() => readArchive(damaged)).toThrow(ObjectChecksumError);
  const [before, after] = [decompress(archive), decompress(damaged)];
  expect(after).toHaveLength(before.length);
  expect([...before].filter((byte, index) => byte !== after[index])).toHaveLength(2);
});

test('an archive that holds a key twice is named with its fault, and does not end the run', async () => {
  const twice = [
    { key: 'a.txt', body: Buffer.from('an object') },
    { key: 'a.txt', body: Buffer.from('an object') },
  ];
  const found = await tryInspect(inMemory(buildArchive(twice)));
  expect(isReadable(found)).toBe(false);
  expect(found).toEqual({ name: 'test.tar.zst', reason: 'Object "a.txt" of test.tar.zst is listed twice' });
  const lost = { ...inMemory(Buffer.alloc(0)), size: 100, read: () => Promise.reject(new Error('no answer')) };
  await expect(tryInspect(lost)).rejects.toThrow('no answer');
});

test('an archive without a seek table is named as well', async () => {
  expect(await tryInspect(inMemory(Buffer.alloc(1000, 'x')))).toMatchObject({ reason: expect.any(String) });
});
