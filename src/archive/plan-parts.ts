import { MAX_PARTS } from './format.ts';

/**
 * Parts with data: the last number that S3 allows is reserved for the mark that says whose upload it is
 * (src/restoring/resume-upload.ts).
 */
export const MAX_BODY_PARTS = MAX_PARTS - 1;
/**
 * A part of several frames is first uploaded as a separate object and then copied into place by S3, which costs five
 * requests; at least this many frames (512 MiB) share that cost.
 */
const MIN_FRAMES_PER_LONG_PART = 64;

/**
 * Frames that make one part of a multipart upload, so that S3's 10,000 parts hold an object or archive of this many
 * frames. With the parts that S3 allows:
 *
 * | frames          | object       | frames per part           | parts          |
 * |-----------------|--------------|---------------------------|----------------|
 * | up to 9,999     | to 78 GiB    | 1                         | 1 to 9,999     |
 * | up to 639,936   | to 4.9 TiB   | 64 (512 MiB)              | 157 to 9,999   |
 * | up to 5,960,101 | to 50 TB     | 65 to 597 (up to 4.7 GiB) | up to 9,999    |
 */
export function framesPerPart(frames: number, maxParts = MAX_BODY_PARTS): number {
  if (frames <= maxParts) return 1;
  return Math.max(MIN_FRAMES_PER_LONG_PART, Math.ceil(frames / maxParts));
}

/** An object of `size` bytes in slices of `sliceLength`, the last one shorter, as the parts of a multipart upload. */
export class PartLayout {
  readonly size: number;
  readonly sliceLength: number;
  readonly slices: number;
  readonly slicesPerPart: number;
  readonly parts: number;

  constructor(size: number, sliceLength: number, maxParts = MAX_BODY_PARTS) {
    this.size = size;
    this.sliceLength = sliceLength;
    this.slices = Math.max(1, Math.ceil(size / sliceLength));
    this.slicesPerPart = framesPerPart(this.slices, maxParts);
    this.parts = Math.ceil(this.slices / this.slicesPerPart);
  }

  /** The part, counted from 0, that holds a slice. */
  partOf(slice: number): number {
    return Math.floor(slice / this.slicesPerPart);
  }

  /** Slices in a part. */
  slicesIn(part: number): number {
    return Math.min(this.slicesPerPart, this.slices - part * this.slicesPerPart);
  }

  /** Bytes of a part. */
  sizeOf(part: number): number {
    const whole = this.slicesPerPart * this.sliceLength;
    return Math.min(whole, this.size - part * whole);
  }
}
