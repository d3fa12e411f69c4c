/** The layout of a sample: slices of equal length, evenly spread over the frame. */
export interface SampleShape {
  readonly slices: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * Copies slices that are spread over the bytes to the front of `scratch`. If the bytes are shorter than the sample,
 * they are the sample.
 * @returns the sample; valid until `scratch` or `bytes` change
 */
export function sampleFrame(bytes: Uint8Array, { slices, length }: SampleShape, scratch: Uint8Array): Uint8Array {
  if (bytes.length <= slices * length) return bytes;
  const step = (bytes.length - length) / (slices - 1);
  for (let slice = 0; slice < slices; slice += 1) {
    const at = Math.floor(slice * step);
    scratch.set(bytes.subarray(at, at + length), slice * length);
  }
  return scratch.subarray(0, slices * length);
}
