import { WORK } from './measured-work.ts';

/** What a target did for an archive. */
export interface RestoredAmounts {
  /** Object writes, those that turned out to be unnecessary included. */
  readonly objects: number;
  /** Bytes written. */
  readonly bytes: number;
  /** CPU time of decompression, as measured. */
  readonly decompressionCpuSeconds: number;
}

/** Part of WORK.targetSecondsAByte: zstd gives about 1 GB a second and core, whatever the level was. */
const DECOMPRESSION_SECONDS_A_BYTE = 1e-9;

/**
 * USD of the CPU time that restoring an archive took: decompression as measured, and per object and byte what reading and
 * writing usually take. The source's prediction of it is in `ruleCosts`.
 * @param vcpuSecond USD of a second of one vCPU where it was restored
 */
export function restoreCost(amounts: RestoredAmounts, vcpuSecond: number): number {
  const { objects, bytes, decompressionCpuSeconds } = amounts;
  const seconds =
    decompressionCpuSeconds +
    objects * WORK.targetSecondsAnObject +
    bytes * (WORK.targetSecondsAByte - DECOMPRESSION_SECONDS_A_BYTE);
  return seconds * vcpuSecond;
}
