import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { CheckpointStore } from '../../backfill/dependencies.ts';

/** A checkpoint as an object. */
export class S3CheckpointObject implements CheckpointStore {
  readonly #client: S3Client;
  readonly #location: { readonly Bucket: string; readonly Key: string };

  constructor(client: S3Client, bucket: string, key: string) {
    this.#client = client;
    this.#location = { Bucket: bucket, Key: key };
  }

  async load(): Promise<string | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#location));
      return await Body?.transformToString();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'NoSuchKey') return undefined;
      throw thrown;
    }
  }

  async save(text: string): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#location, Body: text, ContentType: 'application/json' }));
  }
}
