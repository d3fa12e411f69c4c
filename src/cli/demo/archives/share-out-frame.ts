import { constants, zstdCompressSync } from 'node:zlib';

/** The slice of one object in a frame, as in archive/plan-frames.ts, and the media type of the object. */
export interface TypedSlice {
  readonly type: string;
  readonly offset: number;
  readonly headerLength: number;
  readonly length: number;
  readonly padding: number;
}

/** Only proportions matter, and they hardly depend on the level. */
const WEIGHING_LEVEL = 1;

/**
 * How many of a frame's compressed bytes belong to each media type. Objects of several types share frames, and by bytes
 * alone all types would seem to compress equally well, so each type is compressed separately to find its weight.
 * @param readFrame reads the decompressed frame; only called if there are several types
 */
export async function shareOutFrame(
  compressedBytes: number,
  slices: readonly TypedSlice[],
  readFrame: () => Promise<Uint8Array>,
): Promise<Map<string, number>> {
  const types = [...new Set(slices.map(({ type }) => type))];
  const [only] = types;
  if (only === undefined) return new Map();
  if (types.length === 1) return new Map([[only, compressedBytes]]);
  const frame = await readFrame();
  const weights = types.map((type) =>
    weigh(
      frame,
      slices.filter((slice) => slice.type === type),
    ),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(types.map((type, index) => [type, (compressedBytes * (weights[index] ?? 0)) / total]));
}

function weigh(frame: Uint8Array, slices: readonly TypedSlice[]): number {
  const bytes = Buffer.concat(
    slices.map(({ offset, headerLength, length, padding }) =>
      frame.subarray(offset, offset + headerLength + length + padding),
    ),
  );
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: WEIGHING_LEVEL } }).byteLength;
}
