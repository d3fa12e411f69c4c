/**
 * Of what doubling a frame gains, the next doubling gains so much again. Of JSON, logs, CSV, sources, binaries and series of
 * measurements at levels 3 to 12, frames from 0.5 to 8 MiB, it was 0.4 to 0.7 (docs/estimate.md).
 */
const DECAY = 0.6;
/** A frame that has this share of its bytes is as good as a whole one. */
const WHOLE = 0.9;

export function isSmaller(size: number, frameBytes: number): boolean {
  return size < WHOLE * frameBytes;
}

/**
 * What remains of the compressed bytes when frames become larger than those of a sample.
 * @param gain of the last doubling: how much smaller a frame is than its halves, as a share
 * @param growth how many times as large frames become
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
