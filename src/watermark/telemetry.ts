import type { ReplicationRule } from '../configuration/rule.ts';
import type { CompressorError } from '../errors.ts';
import type { ArchiveAddress, ReplicationStatus } from './replication-status.ts';
import type { StageAges } from './stage-ages.ts';

/** What the watermark tells its operator. Implementations must not throw. */
export interface WatermarkTelemetry {
  /** Everything of the rule that was written more than `ageSeconds` ago has arrived in the region; `stages` say what holds it up. */
  watermarkTaken(rule: ReplicationRule, region: string, ageSeconds: number, stages: StageAges): void;
  watermarkUnknown(rule: ReplicationRule, region: string, error: CompressorError): void;
  /** S3 does not replicate an archive, and nobody looks after it: before it expires, someone must. */
  archiveUnreplicated(
    rule: ReplicationRule,
    archive: ArchiveAddress,
    status: ReplicationStatus,
    writtenAt: number,
  ): void;
}
