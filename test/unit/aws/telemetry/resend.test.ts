import { expect, it } from '@jest/globals';
import { PowertoolsResendTelemetry } from '../../../../src/aws/telemetry/resend.ts';
import type { ReplicationFailure } from '../../../../src/messages/parse-replication-failure.ts';
import { captureLines } from '../../../support/captured-lines.ts';

const FAILURE: ReplicationFailure = {
  bucket: 'outbound',
  key: 'rule/a.tar.zst',
  versionId: 'v4',
  eventTime: 0,
  destination: 'inbound',
  reason: 'DstBucketNotFound',
};
const lines = captureLines();

const open = (): PowertoolsResendTelemetry =>
  new PowertoolsResendTelemetry({ namespace: 'stack', outboundBucket: 'outbound' });

it('logs a given-up archive as an error with its rule, the destination and the reason, and counts it for the alarm at once', () => {
  const telemetry = open();
  telemetry.archiveGivenUp(FAILURE, { bucket: 'failed', key: 'failed/rule/a.tar.zst' });
  const [line, metrics] = lines;
  expect(line).toMatchObject({
    level: 'ERROR',
    message: 'Archive given up',
    archive: 'rule/a.tar.zst',
    rule: 'rule',
    destination: 'inbound',
    reason: 'DstBucketNotFound',
    kept: 's3://failed/failed/rule/a.tar.zst',
  });
  expect(metrics).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Namespace: 'stack', Dimensions: [['SourceBucket']] }] },
    SourceBucket: 'outbound',
    ArchivesGivenUp: 1,
  });
});

it('raises the same alarm for an archive that is gone, and none for one that is resent or needs nothing', () => {
  const telemetry = open();
  telemetry.archiveGone(FAILURE);
  telemetry.flush();
  expect(lines.at(-1)).toMatchObject({ ArchivesGone: 1, ArchivesGivenUp: 1 });
  lines.length = 0;
  telemetry.archiveResent(FAILURE, 2);
  telemetry.failureSkipped(FAILURE, 'superseded');
  telemetry.flush();
  expect(lines[0]).toMatchObject({ level: 'WARN', message: 'Archive resent', attempt: 2 });
  expect(lines.at(-1)).toMatchObject({ ArchivesResent: 1 });
  expect(lines.some((line) => 'ArchivesGivenUp' in line)).toBe(false);
});
