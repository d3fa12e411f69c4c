import { describe, expect, test } from '@jest/globals';
import { CorruptArchiveError } from '../../../src/archive/errors.ts';
import { decompressStream } from '../../../src/compression/decompress-stream.ts';
import { compressFrame } from '../../support/archives.ts';

const text = Buffer.from('all work and no play '.repeat(50_000));
const skippable = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);

/** Yields the bytes in pieces, all of them in one reused buffer. */
async function decompressed(bytes: Uint8Array, pieceSize = 1000): Promise<Buffer> {
  const buffer = new Uint8Array(pieceSize);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceSize) {
      await Promise.resolve();
      const piece = bytes.subarray(at, at + pieceSize);
      buffer.set(piece);
      yield buffer.subarray(0, piece.length);
      buffer.fill(0);
    }
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompressStream(pieces(), 'test.tar.zst')) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('decompressStream', () => {
  test.each([1, 7, 1000, 1_000_000])('restores a frame from pieces of %d bytes', async (pieceSize) => {
    expect((await decompressed(compressFrame(text), pieceSize)).equals(text)).toBe(true);
  });

  test('joins frames and ignores skippable ones, even at the end', async () => {
    const bytes = Buffer.concat([skippable, compressFrame(text), skippable, compressFrame(text), skippable]);

    expect((await decompressed(bytes)).equals(Buffer.concat([text, text]))).toBe(true);
  });

  test('restores data that does not compress, and empty data', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 2_654_435_761) >>> 24));

    expect((await decompressed(compressFrame(noise), 4096)).equals(noise)).toBe(true);
    expect(await decompressed(compressFrame(Buffer.alloc(0)))).toHaveLength(0);
  });

  test.each([
    ['cut off', compressFrame(text).subarray(0, -1)],
    ['cut off in its header', compressFrame(text).subarray(0, 3)],
    ['followed by garbage', Buffer.concat([compressFrame(text), Buffer.from('garbage')])],
    ['not zstd', Buffer.from('not zstd at all')],
  ])('refuses a stream that is %s', async (_, bytes) => {
    await expect(decompressed(bytes)).rejects.toThrow(CorruptArchiveError);
  });
});
