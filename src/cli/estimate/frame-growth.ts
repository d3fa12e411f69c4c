/**
 * The gain of doubling a frame, as a share of the gain of the previous doubling. For JSON, logs, CSV, sources, binaries
 * and time series at levels 3 to 12, and frames of 0.5 to 8 MiB, it was 0.4 to 0.7 (docs/estimate.md).
 */
const DECAY = 0.6;
/** A frame with at least this share of its bytes counts as a full one. */
const WHOLE = 0.9;

export function isSmaller(size: number, frameBytes: number): boolean {
  return size < WHOLE * frameBytes;
}

/**
 * The share of the compressed bytes that remains when frames are larger than those of the sample.
 * @param gain of the last doubling: how much smaller a frame is than its halves, as a share
 * @param growth factor by which frames become larger
 */
export function growthFactor(gain: number, growth: number): number {
  let factor = 1;
  let next = gain * DECAY;
  for (let doublings = Math.log2(Math.max(1, growth)); doublings > 0; doublings -= 1) {
    factor *= 1 - next * Math.min(1, doublings);
    next *= DECAY;
  }
  return factor;
}
