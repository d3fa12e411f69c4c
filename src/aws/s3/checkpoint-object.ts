import {
  GetObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { CheckpointStore } from '../../backfill/dependencies.ts';
import { HeldCheckpointError } from '../../backfill/errors.ts';

/**
 * Max reads of an object whose body breaks off: the SDK retries calls, but leaves the body of a response to its
 * reader.
 */
const ATTEMPTS = 5;
/** What Node calls a connection that was closed in the middle of a response. */
const BROKEN: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ETIMEDOUT']);

interface SavedCheckpoint {
  readonly text: string;
  readonly etag: string | undefined;
}

/**
 * A checkpoint as an object. Once loaded, it is saved only if nobody else has saved it since the last load or save
 * here.
 */
export class S3CheckpointObject implements CheckpointStore {
  readonly #client: S3Client;
  readonly #location: { readonly Bucket: string; readonly Key: string };
  /** Absent: it was not loaded. */
  #condition: Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'> | undefined;

  constructor(client: S3Client, bucket: string, key: string) {
    this.#client = client;
    this.#location = { Bucket: bucket, Key: key };
  }

  async load(): Promise<string | undefined> {
    const found = await this.#get();
    this.#condition = found === undefined ? { IfNoneMatch: '*' } : { IfMatch: found.etag };
    return found?.text;
  }

  async save(text: string): Promise<void> {
    try {
      const put = { ...this.#location, Body: text, ContentType: 'application/json', ...this.#condition };
      const { ETag } = await this.#client.send(new PutObjectCommand(put));
      if (this.#condition !== undefined) this.#condition = { IfMatch: ETag };
    } catch (thrown) {
      if (!isUnmet(thrown)) throw thrown;
      const found = await this.#get();
      // The object was saved, but the response was lost: the retry found its own text.
      if (found?.text === text) {
        this.#condition = { IfMatch: found.etag };
        return;
      }
      const { Bucket, Key } = this.#location;
      throw new HeldCheckpointError(
        `Another process has saved s3://${Bucket}/${Key} in the meantime. Try again when it has ended.`,
        { context: { bucket: Bucket, key: Key }, cause: thrown },
      );
    }
  }

  async #get(): Promise<SavedCheckpoint | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { Body, ETag } = await this.#client.send(new GetObjectCommand(this.#location));
        return { text: (await Body?.transformToString()) ?? '', etag: ETag };
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'NoSuchKey') return undefined;
        if (attempt === ATTEMPTS || !isBroken(thrown)) throw thrown;
      }
    }
  }
}

/** 412; 409 when another write was under way; 404 when the object to be replaced has expired. */
function isUnmet(thrown: unknown): boolean {
  if (!(thrown instanceof S3ServiceException)) return false;
  const { httpStatusCode: status } = thrown.$metadata;
  return status === 412 || status === 409 || thrown.name === 'NoSuchKey';
}

/** Checked by shape, since errors of node:http may come from another realm. */
function isBroken(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && BROKEN.has(thrown.code);
}
