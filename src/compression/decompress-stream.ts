import zstd from 'zstd-napi/binding.js';
import { CorruptArchiveError } from '../archive/errors.ts';
import { KIB } from '../units.ts';

/** The output size that zstd itself recommends: the largest block. */
const CHUNK_SIZE = 128 * KIB;

/**
 * Decompresses zstd of any shape: one frame or many, with or without content size and checksum, skippable frames between
 * them. Windows over 128 MiB are refused, which is zstd's own default. Memory: one window and one chunk.
 * @param compressed chunks may be overwritten as soon as the next one is requested
 * @param archive names the archive in errors
 * @throws CorruptArchiveError when the data is damaged, cut off, or followed by something that is not zstd
 */
export async function* decompressStream(
  compressed: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const context = new zstd.DCtx();
  let pending = 0;
  for await (const piece of compressed) {
    let input = piece;
    let isFull = false;
    // A full output chunk can mean that zstd has more output pending, even if it has consumed all input.
    while (input.length > 0 || isFull) {
      const output = new Uint8Array(CHUNK_SIZE);
      const [hint, produced, consumed] = decompressChunk(context, output, input, archive);
      if (produced > 0) yield output.subarray(0, produced);
      input = input.subarray(consumed);
      isFull = produced === CHUNK_SIZE && hint !== 0;
      pending = hint;
    }
  }
  if (pending !== 0) {
    throw new CorruptArchiveError(`${archive} is cut off in the middle of a zstd frame`, { context: { archive } });
  }
}

function decompressChunk(
  context: zstd.DCtx,
  output: Uint8Array,
  input: Uint8Array,
  archive: string,
): [hint: number, produced: number, consumed: number] {
  try {
    return context.decompressStream(output, input);
  } catch (cause) {
    throw new CorruptArchiveError(`${archive} holds bytes that are not valid zstd`, { cause, context: { archive } });
  }
}
