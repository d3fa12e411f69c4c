import { expect, test } from '@jest/globals';
import { encodeSeekTable } from '../../../src/archive/seek-table.ts';
import { itemAt, layOutArchive } from '../../support/archives.ts';
import { seekTableDifference, tarDifference } from '../../support/byte-difference.ts';
import { textObject } from '../../support/target-region.ts';

const tar = itemAt(layOutArchive([textObject('a.txt', 'Hello!')]).tarFrames, 0);
const table = encodeSeekTable([
  { compressed: 253, decompressed: 4096 },
  { compressed: 683, decompressed: 3072 },
]);

function changed(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

test('reports a tar difference by member, field and offset', () => {
  const name = tar.toString('utf8', 0, 100).replace(/\0.*$/s, '');
  expect(tarDifference(tar, tar)).toBeUndefined();
  expect(tarDifference(changed(tar, 137), tar)).toContain(`in member "${name}", mtime, at offset 137: `);
  expect(tarDifference(changed(tar, 512), tar)).toContain(`in member "${name}", body, at offset 512: `);
  expect(tarDifference(tar.subarray(0, -1), tar)).toContain(`at offset ${tar.length - 1}: the end instead of 00`);
});

test('reports a seek-table difference by frame, field and offset', () => {
  expect(seekTableDifference(table, table)).toBeUndefined();
  expect(seekTableDifference(changed(table, 20), table)).toContain('in frame 1, decompressed size, at offset 20: ');
  expect(seekTableDifference(changed(table, 28), table)).toContain('in descriptor, at offset 28: ');
});
