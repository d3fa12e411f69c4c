import type { DeployedRule, VerifyInterval } from '../../configuration/deployed-rule.ts';
import type { OverdueTelemetry } from '../../verifying/find-overdue.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

/** Logs overdue verifications, and counts them under the outbound bucket: one alarm per region watches all rules. */
export class PowertoolsOverdueTelemetry implements OverdueTelemetry {
  readonly #logger = new BatchLogger('watermark', {});
  readonly #metrics: DimensionedMetrics;

  constructor({ namespace, outboundBucket }: { readonly namespace: string; readonly outboundBucket: string }) {
    this.#metrics = new DimensionedMetrics(namespace, { SourceBucket: outboundBucket });
  }

  verificationOverdue(rule: DeployedRule, every: VerifyInterval, startedAt: string): void {
    this.#metrics.count('OverdueVerifications');
    this.#metrics.flush();
    this.#logger.error('Verification is overdue', { rule: rule.id, every, last_started: startedAt });
  }
}
