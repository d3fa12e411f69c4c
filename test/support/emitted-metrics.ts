import { MetricStore } from '../../local-cloud/metrics/metric-store.ts';
import type { MetricIdentity } from '../../local-cloud/metrics/parse-emf.ts';
import { functionDollarsPerVcpuSecond } from '../../src/adaptive/compute-price.ts';
import { ruleCosts } from '../../src/adaptive/cost-model.ts';
import { PowertoolsNotificationTelemetry } from '../../src/aws/telemetry/notifications.ts';
import { PowertoolsOverdueTelemetry } from '../../src/aws/telemetry/overdue.ts';
import { PowertoolsPackingTelemetry } from '../../src/aws/telemetry/packing.ts';
import { PowertoolsResendTelemetry } from '../../src/aws/telemetry/resend.ts';
import { PowertoolsRestoringTelemetry } from '../../src/aws/telemetry/restoring.ts';
import { PowertoolsVerificationTelemetry } from '../../src/aws/telemetry/verification.ts';
import { PowertoolsWatermarkTelemetry } from '../../src/aws/telemetry/watermark.ts';
import { parsePriceFile, pricesFromFile } from '../../src/configuration/prices/price-file.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import { resourceNamePrefix } from '../../src/configuration/schema/resource-names.ts';
import { LatencyDistribution } from '../../src/restoring/latency-distribution.ts';
import { AccessDeniedError } from '../../src/storage/errors.ts';
import { noVerificationCounts } from '../../src/verifying/dependencies.ts';
import { EXAMPLE_ACCOUNT } from './templates/instantiate.ts';

/** A metric, and its region in CloudWatch. */
export interface EmittedMetric extends MetricIdentity {
  readonly region: string;
}

export type Occasion = 'when all goes well' | 'when all goes wrong';

const MESSAGE = { messageId: 'm', receiptHandle: 'r', body: '', receiveCount: 1, sentTime: 0 };
const OBJECT = { bucket: 'b', key: 'k' };

/**
 * The metrics that the functions of a deployment write, found by calls of every method of their telemetry classes.
 * @param priceFile text of prices.json
 */
export function emittedMetrics(
  { settings, rules }: Configuration,
  priceFile: string,
  occasion: Occasion = 'when all goes wrong',
): EmittedMetric[] {
  const namespace = settings.stack_name;
  const file = parsePriceFile(priceFile);
  const wrong = occasion === 'when all goes wrong';
  return settings.enabled_regions.flatMap(({ region }) => {
    const store = new MetricStore();
    const toRegions = [...new Set(rules.flatMap(({ destinations }) => destinations.map((each) => each.region)))];
    const prices = pricesFromFile(file, settings.prices, { fromRegion: region, toRegions });
    const here = rules.filter(({ source }) => source.region === region);
    capture(store, () => {
      for (const rule of here) {
        tellSource(new PowertoolsPackingTelemetry({ namespace, rule, costs: ruleCosts(rule, prices) }), rule, wrong);
        const watermark = new PowertoolsWatermarkTelemetry(namespace);
        const stages = { waiting: 1, replicating: 0, failing: 0, arrived: 0, givenUp: 0 };
        for (const { region: target } of rule.destinations) watermark.watermarkTaken(rule, target, 1, stages);
      }
      for (const rule of here.filter(({ verify }) => wrong || verify !== undefined)) {
        new PowertoolsVerificationTelemetry(namespace).verified(rule, noVerificationCounts(), 0);
      }
      if (here.length > 0 && wrong) {
        const outboundBucket = `${resourceNamePrefix(namespace)}-${EXAMPLE_ACCOUNT}-${region}-outbound`;
        tellResend(new PowertoolsResendTelemetry({ namespace, outboundBucket }));
        const overdue = new PowertoolsOverdueTelemetry({ namespace, outboundBucket });
        const notifications = new PowertoolsNotificationTelemetry({ namespace, outboundBucket });
        for (const rule of here) {
          overdue.verificationOverdue(rule, 'daily', new Date(0).toISOString());
          notifications.notificationMissing(rule, { bucket: 'b', queue: 'q', prefix: '', suffix: '' });
          const archive = { region, bucket: outboundBucket, key: 'k' };
          new PowertoolsWatermarkTelemetry(namespace).archiveUnreplicated(rule, archive, 'none', 0);
        }
      }
      const arriving = rules.filter(({ destinations }) => destinations.some((each) => each.region === region));
      if (arriving.length > 0) {
        tellTarget(
          new PowertoolsRestoringTelemetry({
            namespace,
            rules,
            region,
            dollarsPerSecond: functionDollarsPerVcpuSecond(prices),
          }),
          arriving,
          wrong,
        );
      }
    });
    return store.metrics().map((metric) => ({ ...metric, region }));
  });
}

function tellSource(telemetry: PowertoolsPackingTelemetry, rule: ReplicationRule, wrong: boolean): void {
  const share = { bytes: 1, compressedBytes: 1, cpuSeconds: 1, frames: 1 };
  telemetry.archivePacked({
    ...OBJECT,
    rule: rule.id,
    objects: 1,
    originalBytes: 2,
    archiveBytes: 1,
    largeReads: 0,
    largeWrites: 0,
    looks: 0,
    levels: [{ ...share, content: 'text', level: 3, reason: 'cheapest' }],
    cpuSeconds: 1,
    seconds: 1,
    delaySeconds: 1,
  });
  if (wrong) {
    telemetry.objectSkipped(OBJECT, 'gone');
    telemetry.objectsDeferred(1, 1, 'fallback');
    telemetry.messagesReturned(1);
    for (const operation of ['GetObject', 'PutObject']) {
      telemetry.messageFailed(MESSAGE, new AccessDeniedError('no', { context: { operation } }), 'retried');
    }
    telemetry.deletionsPacked({ ...OBJECT, rule: 'r', deletions: 1, archiveBytes: 1, delaySeconds: 1 });
    telemetry.statisticsLost(new AccessDeniedError('no'));
    telemetry.fallbackAsleep(new AccessDeniedError('no'));
  }
  telemetry.flush();
}

function tellTarget(
  telemetry: PowertoolsRestoringTelemetry,
  arriving: readonly ReplicationRule[],
  wrong: boolean,
): void {
  const overwritten = wrong ? 1 : 0;
  for (const { id } of arriving) {
    const latency = new LatencyDistribution();
    latency.add(1);
    telemetry.archiveRestored({
      ...OBJECT,
      rule: id,
      objects: 1,
      restored: 1,
      overwritten,
      skipped: 0,
      bytes: 1,
      archiveBytes: 1,
      decompressionCpuSeconds: 1,
      seconds: 1,
      latency,
      // Only for rules that replicate deletions: without the metrics of all rules.
      ...(wrong ? { deletions: { deleted: 1, skipped: { absent: 1, 'newer-at-target': 1, kept: 1 } } } : {}),
    });
  }
  if (wrong) {
    telemetry.conflictOverwritten(OBJECT);
    telemetry.objectSkipped(OBJECT, 'unordered');
    telemetry.storageClassReplaced(OBJECT, 'SNOW');
    telemetry.objectFailed(OBJECT, new AccessDeniedError('no'));
    telemetry.fallbackAsleep(new AccessDeniedError('no'));
  }
  telemetry.flush(1);
}

function tellResend(telemetry: PowertoolsResendTelemetry): void {
  const failure = { ...OBJECT, versionId: 'v', destination: 'inbound', reason: 'DstBucketNotFound', eventTime: 0 };
  telemetry.archiveResent(failure, 1);
  telemetry.archiveGivenUp(failure, OBJECT);
  telemetry.archiveGone(failure);
  telemetry.flush();
}

/** Captures everything that is written to standard output and standard error during the call. */
function capture(store: MetricStore, write: () => void): void {
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));
  for (const { stream } of streams) {
    stream.write = (text: string | Uint8Array): boolean => {
      for (const line of String(text).split('\n')) store.read(line);
      return true;
    };
  }
  try {
    write();
  } finally {
    for (const { stream, write: original } of streams) stream.write = original;
  }
}
