import { GIB } from '../units.ts';

/**
 * Work that does not depend on the level, in billed seconds of one vCPU, and requests. Lambda bills wall time x memory,
 * so these are the wall times of a function of one vCPU, the default on both sides, less the CPU time of zstd. Measured
 * over TLS, 20 ms to the first byte, on x86 (docs/performance.md, "The cheapest function", 2026-11-29). A GB here has
 * 10^9 bytes.
 */
export const MEASURED_WORK = {
  /** 3,320 objects of 10 KB a second at level 3: 0.30 ms, less zstd's 0.05 and the bytes' 0.04. */
  sourceSecondsPerObject: 0.21e-3,
  /** An object of 1 MB at level 3: 9.8 ms, less zstd's 5.6 and the object's 0.2. */
  sourceSecondsPerByte: 4.0e-9,
  /** 3,420 objects of 10 KB a second: 0.29 ms, less the bytes' 0.06. */
  targetSecondsPerObject: 0.23e-3,
  /** An object of 1 MB: 6.1 ms including decompression, less the object's 0.2. */
  targetSecondsPerByte: 5.9e-9,
  /** Sequential requests during which there is no other work, 25 ms each: GET, PUT and statistics. */
  sourceSecondsPerArchive: 3 * 0.025,
  /** The same: tail, manifest, frame, PUT, DELETE. */
  targetSecondsPerArchive: 5 * 0.025,
  /** CloudWatch Logs, 0.50 USD per GB ingested (us-east-1, from memory); metrics are lines of the log. */
  logDollarsPerByte: 0.5 / GIB,
  /** Lines about an archive and its metrics, and Lambda's own START, END and REPORT: test/unit/aws/telemetry/log-bytes.test.ts weighs them. */
  sourceLogBytesPerArchive: 2750,
  targetLogBytesPerArchive: 3370,
  /** S3 sends one message per event; receiving and deleting handle 10 at a time. */
  sqsRequestsPerObject: 1.2,
  /** One update per archive, of an item of up to 4 KB. */
  statisticsWrites: 4,
} as const;
