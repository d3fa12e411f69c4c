import type { ReplicationRule } from '../configuration/rule.ts';
import type { CompressorError } from '../errors.ts';
import type { ArchiveAddress, ReplicationStatus } from './replication-status.ts';
import type { StageAges } from './stage-ages.ts';

/** Reports the watermark to the operator. Implementations must not throw. */
export interface WatermarkTelemetry {
  /**
   * Every object of the rule that was written more than `ageSeconds` ago has arrived in the region; `stages` says what
   * holds the others up.
   */
  watermarkTaken(rule: ReplicationRule, region: string, ageSeconds: number, stages: StageAges): void;
  watermarkUnknown(rule: ReplicationRule, region: string, error: CompressorError): void;
  /** S3 does not replicate an archive, and nothing will resend it: an operator must act before it expires. */
  archiveUnreplicated(
    rule: ReplicationRule,
    archive: ArchiveAddress,
    status: ReplicationStatus,
    writtenAt: number,
  ): void;
}
