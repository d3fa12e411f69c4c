import { MetricStore } from '../../local-cloud/metrics/metric-store.ts';
import { summarizeMetrics } from '../../src/cli/demo/metrics-summary.ts';
import type { DemoMeasurements } from '../../src/cli/demo/result.ts';
import { exampleRule } from './rules.ts';

/** What a run of ten objects measured. */
export const MEASURED_RUN: DemoMeasurements = {
  rule: exampleRule(),
  source: 'A folder',
  objects: 10,
  bytes: 4_000_000,
  uploads: 11,
  uploadedBytes: 5_000_000,
  repeatedEvents: 1,
  deletions: { deleted: 3, overtaken: 2, undeleted: 1, rewritten: 4, archives: 5, archiveBytes: 1000 },
  skippedEntries: 0,
  seconds: 1.23456,
  archives: [
    {
      name: 'example-documents-a82747f3ed/20261129T123616424Z-62bc9ec252ad54aa64fe9727dbdfe3c6-67fcec894fb9413e.tar.zst',
      versions: Array.from({ length: 11 }, (_, index) => ({ key: `key-${index % 10}`, etag: 'etag', size: 1 })),
      objects: 11,
      deletions: 0,
      bytes: 5_000_000,
      compressedBytes: 1_250_000,
      frames: 2,
      level: 9,
      types: new Map([['text/plain', { objects: 11, bytes: 5_000_000, compressedBytes: 1_240_000 }]]),
    },
  ],
  verification: { identical: 10, lost: 0, altered: 0, findings: [] },
  deadLetters: [],
  violations: [],
  damagedArchives: 1,
  refusedArchives: 1,
  faults: { rate: 0, failedCalls: 0, killedWorkers: 0, failedInvocations: 0 },
  metrics: summarizeMetrics(new MetricStore(), ['us-east-1']),
  levels: [],
  packingCpuSeconds: 0.5,
};
