import { expect, test } from '@jest/globals';
import { ObjectChecksumError } from '../../../../src/archive/errors.ts';
import { damageArchive } from '../../../../src/cli/demo/archives/damage-archive.ts';
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

test('damages one byte of each object, which only the checksum of an object can tell', async () => {
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
