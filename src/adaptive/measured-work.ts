/**
 * Work that does not depend on the level, in billed seconds of one vCPU, and requests. Lambda bills wall time x memory, so what
 * counts is the wall time of a function of 2 vCPUs, twice, less the CPU time of zstd. Measured by `npm run bench` on x86
 * (docs/performance.md, 2026-11-23), plus 1 s/GB of TLS each way. A GB here has 10^9 bytes.
 */
export const WORK = {
  /** 2,480 objects of 10 KB a second at 20 ms to the first byte: 0.81 ms on two vCPUs, less zstd's 0.05 and the bytes' 0.07. */
  sourceSecondsPerObject: 0.69e-3,
  /** 300 objects of 1 MB at level 3: 2.01 s on two vCPUs, less 2.25 s of zstd: 5.9 s/GB, and TLS. */
  sourceSecondsPerByte: 6.9e-9,
  /** 2,925 objects of 10 KB a second at 20 ms to the first byte: 0.68 ms on two vCPUs, less the bytes' 0.07. */
  targetSecondsPerObject: 0.61e-3,
  /** 250 objects of 1 MB: 0.74 s on two vCPUs, 5.9 s/GB with decompression in it, and TLS. */
  targetSecondsPerByte: 6.9e-9,
  /** Requests one after the other while nothing else is to be done, 25 ms each: GET, PUT and statistics, on two vCPUs. */
  sourceSecondsPerArchive: 2 * 3 * 0.025,
  /** The same: tail, manifest, frame, PUT, DELETE. */
  targetSecondsPerArchive: 2 * 5 * 0.025,
  /** CloudWatch Logs, 0.50 USD per GB ingested (us-east-1, from memory); metrics are lines of the log. */
  logDollarsPerByte: 0.5 / 2 ** 30,
  /** Lines about an archive and its metrics, and Lambda's own START, END and REPORT: test/unit/aws/telemetry/log-bytes.test.ts weighs them. */
  sourceLogBytesPerArchive: 2750,
  targetLogBytesPerArchive: 3370,
  /** S3 sends one message an event; receiving and deleting take 10 at a time. */
  sqsRequestsPerObject: 1.2,
  /** One update per archive, of an item of up to 4 KB. */
  statisticsWrites: 4,
} as const;
