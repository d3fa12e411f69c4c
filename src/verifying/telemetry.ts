import type { ReplicationRule } from '../configuration/rule.ts';
import type { CompressorError } from '../errors.ts';
import type { CopyFinding, VerificationCounts } from './dependencies.ts';
import type { ManifestLocation } from './find-inventory.ts';

/** What scheduled verifications tell their operator. Implementations must not throw. */
export interface VerificationTelemetry {
  inventoryTaken(rule: ReplicationRule, bucket: string, manifest: ManifestLocation): void;
  /** The bucket is listed, and why. */
  bucketListed(rule: ReplicationRule, bucket: string, reason: string): void;
  /** Inventories turned out to be of no use; the rest is verified by listings. */
  inventoriesGivenUp(rule: ReplicationRule, error: CompressorError): void;
  /** Of the first faults of an invocation: there may be as many as objects. */
  faultFound(rule: ReplicationRule, finding: CopyFinding): void;
  /** Another execution verifies the rule. */
  alreadyRunning(rule: ReplicationRule, execution: string): void;
  /** The time of the invocation is over; the next one continues. */
  continues(rule: ReplicationRule, counts: VerificationCounts): void;
  /** @param faults copies that are not what the rule promises, see `countFaults` */
  verified(rule: ReplicationRule, counts: VerificationCounts, faults: number): void;
  failed(input: unknown, thrown: unknown): void;
}
