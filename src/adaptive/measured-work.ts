/**
 * Work that does not depend on the level, in CPU seconds of one vCPU, and requests. Measured by `npm run bench` on x86
 * (docs/performance.md, 2026-11-23): the CPU time of a whole service less that of zstd alone, plus 1 s/GB of TLS each way.
 */
export const WORK = {
  /** 0.43 ms an object of 10 KB at level 3, less zstd's 0.05 and the bytes' 0.05. */
  sourceSecondsAnObject: 0.33e-3,
  /** 300 objects of 1 MB at level 3: 3.58 s, less 2.25 s of zstd and 0.1 s for the objects: 4.1 s/GB, and TLS. */
  sourceSecondsAByte: 5.1e-9,
  /** 0.26 ms an object of 10 KB, less the bytes' 0.05. */
  targetSecondsAnObject: 0.21e-3,
  /** 250 objects of 1 MB: 0.74 s of wall on two cores, of which decompression takes 1 s/GB; and TLS. */
  targetSecondsAByte: 6e-9,
  /** S3 sends one message an event; receiving and deleting take 10 at a time. */
  sqsRequestsAnObject: 1.2,
  /** One update an archive, of an item of up to 4 KB. */
  statisticsWrites: 4,
} as const;
