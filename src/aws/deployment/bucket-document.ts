import { createHash } from 'node:crypto';
import { ConfigurationRefusedError } from '../../deployment/errors.ts';
import { CompressorError } from '../../errors.ts';
import { StorageRejectedError, UnconfirmedAbsenceError, WriteConditionError } from '../../storage/errors.ts';
import { BucketNotFoundError } from '../errors.ts';
import type { S3Connection } from '../s3/connection.ts';

/** S3's codes for a configuration that a bucket does not have, such as ReplicationConfigurationNotFoundError. */
const NOTHING_CONFIGURED = /^(NoSuch\w+Configuration|\w+NotFoundError)$/;

/**
 * One of a bucket's configurations as the XML that S3 sends. The SDK would return only the elements that its version
 * knows; writing that back would delete all other elements from the entries of other applications.
 */
export class BucketDocument {
  readonly #connection: S3Connection;
  readonly #name: string;
  readonly #query: string;

  /**
   * @param name in the names of S3's operations, such as `BucketReplication`
   * @param subresource in the query, such as `replication`
   */
  constructor(connection: S3Connection, name: string, subresource: string) {
    this.#connection = connection;
    this.#name = name;
    this.#query = `${subresource}=`;
  }

  /** Empty when nothing is configured; undefined when the bucket does not exist. */
  async read(bucket: string, signal: AbortSignal): Promise<string | undefined> {
    const call = { kind: 'read', operation: `Get${this.#name}`, method: 'GET', ...this.#address(bucket) } as const;
    try {
      return (await this.#connection.send({ ...call, headers: [], signal })).body;
    } catch (thrown) {
      if (thrown instanceof BucketNotFoundError) return undefined;
      if (thrown instanceof UnconfirmedAbsenceError && NOTHING_CONFIGURED.test(String(thrown.context['s3Code'])))
        return '';
      throw thrown;
    }
  }

  /**
   * @param more headers, alternating names and values
   * @throws ConfigurationRefusedError when S3 rejects the document
   */
  async write(bucket: string, document: string, signal: AbortSignal, more: readonly string[] = []): Promise<void> {
    const call = { kind: 'write', operation: `Put${this.#name}`, method: 'PUT', ...this.#address(bucket) } as const;
    const body = Buffer.from(document);
    // S3 requires a digest with these calls, and has always accepted MD5.
    const digest = createHash('md5').update(body).digest('base64');
    try {
      const headers = ['content-type', 'application/xml', 'content-md5', digest, ...more];
      await this.#connection.send({ ...call, headers, body, signal });
    } catch (thrown) {
      const refused = [StorageRejectedError, WriteConditionError, UnconfirmedAbsenceError];
      if (!(thrown instanceof CompressorError && refused.some((type) => thrown instanceof type))) throw thrown;
      const message = `${thrown.message}. S3's message names what it cannot use: a queue whose policy does not allow S3, a role, or a bucket.`;
      throw new ConfigurationRefusedError(message, { context: thrown.context, cause: thrown });
    }
  }

  async remove(bucket: string, signal: AbortSignal): Promise<void> {
    const call = {
      kind: 'remove',
      operation: `Delete${this.#name}`,
      method: 'DELETE',
      ...this.#address(bucket),
    } as const;
    await this.#connection.send({ ...call, headers: [], signal });
  }

  #address(bucket: string): { bucket: string; key: string; query: string } {
    return { bucket, key: '', query: this.#query };
  }
}
