import type { ReplicationRule } from '../configuration/rule.ts';
import type { CompressorError } from '../errors.ts';
import type { CopyFinding, VerificationCounts } from './dependencies.ts';
import type { ManifestLocation } from './find-inventory.ts';

/** Reports scheduled verifications to the operator. Implementations must not throw. */
export interface VerificationTelemetry {
  inventoryTaken(rule: ReplicationRule, bucket: string, manifest: ManifestLocation): void;
  /** The bucket is listed, and why. */
  bucketListed(rule: ReplicationRule, bucket: string, reason: string): void;
  /** The inventories turned out to be unusable; the rest is verified with listings. */
  inventoriesGivenUp(rule: ReplicationRule, error: CompressorError): void;
  /** Called for the first faults of an invocation only: there may be as many as objects. */
  faultFound(rule: ReplicationRule, finding: CopyFinding): void;
  /** Another execution is verifying the rule. */
  alreadyRunning(rule: ReplicationRule, execution: string): void;
  /** The invocation is out of time; the next one continues. */
  continues(rule: ReplicationRule, counts: VerificationCounts): void;
  /** @param faults copies that are not what the rule promises, see `countFaults` */
  verified(rule: ReplicationRule, counts: VerificationCounts, faults: number): void;
  failed(input: unknown, thrown: unknown): void;
}
