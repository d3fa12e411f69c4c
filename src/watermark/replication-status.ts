/**
 * S3's replication status of an archive (`x-amz-replication-status`); `none` if there is no header, because no rule
 * covers it. `gone` is an archive that has expired since it was listed.
 */
export type ReplicationStatus = 'COMPLETED' | 'PENDING' | 'FAILED' | 'none' | 'gone';

export interface ArchiveAddress {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
}
