import { expect, test } from '@jest/globals';
import { ruleCosts } from '../../../../src/adaptive/cost-model.ts';
import { MEASURED_WORK } from '../../../../src/adaptive/measured-work.ts';
import { PowertoolsPackingTelemetry } from '../../../../src/aws/telemetry/packing.ts';
import { PowertoolsRestoringTelemetry } from '../../../../src/aws/telemetry/restoring.ts';
import { LatencyDistribution } from '../../../../src/restoring/latency-distribution.ts';
import { captureLines } from '../../../support/captured-lines.ts';
import { examplePrices } from '../../../support/prices.ts';
import { exampleRule } from '../../../support/rules.ts';

const lines = captureLines();
const rule = exampleRule({ bucket: 'example-documents', prefix: 'incoming/json/' });
const namespace = 's3-cross-region-compressor';
const archive = {
  rule: rule.id,
  bucket: 's3-cross-region-compressor-111122223333-eu-west-1-outbound',
  key: `${rule.id}/20261120T090117437Z-1a7363667859298b6e8a187d10d22de9.tar.zst`,
  objects: 640,
};
/** Lambda's own START, END and REPORT, and sometimes INIT_START, as its documentation shows them. */
const RUN_BYTES = 90 + 60 + 240;
/** Bytes that CloudWatch bills on top of each line (CloudWatch Logs user guide, "PutLogEvents"). */
const LINE_BYTES = 26;

/** The bytes that CloudWatch Logs bills for the run that wrote the captured lines. */
function billedBytes(): number {
  const written = lines.reduce((sum, line) => sum + Buffer.byteLength(JSON.stringify(line)) + LINE_BYTES, 0);
  return written + RUN_BYTES + 3 * LINE_BYTES;
}

test('packing an archive logs as many bytes as the cost model counts', () => {
  const costs = ruleCosts(rule, examplePrices());
  const telemetry = new PowertoolsPackingTelemetry({ namespace, rule, costs, dollarsPerSecond: 4.6e-5 });
  const share = { bytes: 32_123_456, compressedBytes: 9_123_456, cpuSeconds: 0.7123456 };
  telemetry.archivePacked({
    ...archive,
    originalBytes: 64_123_456,
    archiveBytes: 18_123_456,
    ...{ largeReads: 0, largeWrites: 0, looks: 0, cpuSeconds: 1.4234567, seconds: 1.9123456, delaySeconds: 21.123 },
    levels: [
      { ...share, content: 'text', level: 9, reason: 'cheapest', frames: 7 },
      { ...share, content: 'other', level: 6, reason: 'cheapest', frames: 1 },
    ],
  });
  telemetry.flush();
  expect(billedBytes() / MEASURED_WORK.sourceLogBytesPerArchive).toBeCloseTo(1, 1);
});

test('restoring an archive logs as many bytes as the cost model counts', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    ...{ namespace, rules: [rule], region: 'us-east-1' },
    dollarsPerSecond: 4.6e-5,
  });
  const latency = new LatencyDistribution();
  for (let index = 0; index < archive.objects; index += 1) latency.add(25 + 20 * Math.sin(index));
  telemetry.archiveRestored({
    ...archive,
    ...{ restored: 640, overwritten: 12, skipped: 0, bytes: 64_123_456, archiveBytes: 18_123_456 },
    ...{ decompressionCpuSeconds: 0.1234567, seconds: 1.4123456, latency },
  });
  telemetry.flush(1.5);
  expect(billedBytes() / MEASURED_WORK.targetLogBytesPerArchive).toBeCloseTo(1, 1);
});
