import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { ruleDimensions } from '../../configuration/metric-dimensions.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import { asCompressorError, type CompressorError } from '../../errors.ts';
import type { CopyFinding, VerificationCounts } from '../../verifying/dependencies.ts';
import type { ManifestLocation } from '../../verifying/find-inventory.ts';
import type { VerificationTelemetry } from '../../verifying/telemetry.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

/** Logs and the metric of scheduled verifications. */
export class PowertoolsVerificationTelemetry implements VerificationTelemetry {
  readonly #logger = new BatchLogger('verify', {});
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  inventoryTaken(rule: ReplicationRule, bucket: string, manifest: ManifestLocation): void {
    this.#logger.info('Reading inventory', {
      rule: rule.id,
      bucket,
      manifest: `s3://${manifest.bucket}/${manifest.key}`,
    });
  }

  bucketListed(rule: ReplicationRule, bucket: string, reason: string): void {
    this.#logger.info('Listing bucket', { rule: rule.id, bucket, reason });
  }

  inventoriesGivenUp(rule: ReplicationRule, error: CompressorError): void {
    this.#logger.warn('Inventories cannot be used; listing the buckets instead', { rule: rule.id, error });
  }

  faultFound(rule: ReplicationRule, { kind, destination, key, reason, sourceSize, copySize }: CopyFinding): void {
    this.#logger.warn('Copy is missing, older or different', {
      rule: rule.id,
      class: kind,
      region: destination.region,
      bucket: destination.bucket,
      key,
      reason,
      source_size: sourceSize,
      copy_size: copySize,
    });
  }

  alreadyRunning(rule: ReplicationRule, execution: string): void {
    this.#logger.warn('Another verification of the rule is in progress', { rule: rule.id, execution });
  }

  continues(rule: ReplicationRule, counts: VerificationCounts): void {
    this.#logger.info('Some keys compared', { rule: rule.id, ...counts });
  }

  verified(rule: ReplicationRule, counts: VerificationCounts, faults: number): void {
    const metrics = new DimensionedMetrics(this.#namespace, { ...ruleDimensions(rule) });
    metrics.observe('MissingObjects', MetricUnit.Count, faults);
    metrics.flush();
    this.#logger.info('Rule verified', { rule: rule.id, faults, ...counts });
  }

  failed(input: unknown, thrown: unknown): void {
    this.#logger.logFailure('Rule could not be verified', asCompressorError(thrown), { input });
  }
}
