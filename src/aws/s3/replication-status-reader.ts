import { asCompressorError } from '../../errors.ts';
import { ObjectNotFoundError } from '../../storage/errors.ts';
import type { ReplicationStatusReader } from '../../watermark/dependencies.ts';
import { UnknownWatermarkError } from '../../watermark/errors.ts';
import type { ArchiveAddress, ReplicationStatus } from '../../watermark/replication-status.ts';
import type { S3Connection } from './connection.ts';

/**
 * Asks S3 for the replication status of an archive. `s3:GetObject` is enough: a HEAD without checksums needs no
 * permission for the KMS key (S3 API reference, HeadObject), so the caller cannot read the archive.
 */
export class S3ReplicationStatusReader implements ReplicationStatusReader {
  readonly #connectionOf: (region: string) => S3Connection;

  /** @param connectionOf returns the same connection for the same region each time */
  constructor(connectionOf: (region: string) => S3Connection) {
    this.#connectionOf = connectionOf;
  }

  async statusOf({ region, bucket, key }: ArchiveAddress, signal?: AbortSignal): Promise<ReplicationStatus> {
    try {
      const call = { kind: 'read', operation: 'HeadObject', method: 'HEAD', bucket, key, headers: [], signal } as const;
      const status = (await this.#connectionOf(region).send(call)).headers.get('x-amz-replication-status');
      // The API model has both spellings.
      if (status === 'COMPLETED' || status === 'COMPLETE') return 'COMPLETED';
      return status === 'PENDING' || status === 'FAILED' ? status : 'none';
    } catch (thrown) {
      if (thrown instanceof ObjectNotFoundError) return 'gone';
      const cause = asCompressorError(thrown);
      throw new UnknownWatermarkError(
        `S3 does not report whether s3://${bucket}/${key} is replicated: ${cause.code}: ${cause.message}`,
        { context: { bucket, key, region }, cause },
      );
    }
  }
}
