import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import type { ExpectedNotification, NotificationTelemetry } from '../../deployment/compare-notifications.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

/**
 * Logs what is missing, and counts it under the outbound bucket, since an alarm cannot watch a search over dimensions.
 */
export class PowertoolsNotificationTelemetry implements NotificationTelemetry {
  readonly #logger = new BatchLogger('watermark', {});
  readonly #metrics: DimensionedMetrics;

  constructor({ namespace, outboundBucket }: { readonly namespace: string; readonly outboundBucket: string }) {
    this.#metrics = new DimensionedMetrics(namespace, { SourceBucket: outboundBucket });
  }

  notificationMissing(rule: DeployedRule, { bucket, queue, prefix, suffix }: ExpectedNotification): void {
    this.#metrics.count('MissingNotifications');
    this.#metrics.flush();
    const expected = queue === undefined ? { event_bridge: true } : { queue, prefix, suffix };
    this.#logger.error('Notification is missing', { bucket, rule: rule.id, expected });
  }
}
