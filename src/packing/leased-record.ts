import { randomUUID } from 'node:crypto';
import { crc32 } from '../archive/checksum.ts';
import { ObjectChangedError, ObjectNotFoundError, WriteConditionError } from '../storage/errors.ts';
import type { ObjectHeadReader, ObjectReader, ObjectRemover, ObjectWriter } from '../storage/object-store.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { ArchiveInProgressError } from './errors.ts';

/** The part of storage that a record needs. */
export type RecordStore = ObjectReader & ObjectHeadReader & Pick<ObjectWriter, 'put'> & ObjectRemover;

export interface LeasedRecordOptions {
  readonly store: RecordStore;
  readonly location: ObjectLocation;
  /** How long an owner that no longer writes is assumed to be alive. */
  readonly ownershipSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The first line of a record: its owner, and the end of the lease (milliseconds since 1970). */
const OWNER_LINE = /^([0-9a-f-]{36}) (\d{1,16})\n/;
const MAX_OWNER_LINE = 54;
/** Max attempts at one write, each after checking the owner. */
const MAX_TRIES = 10;

/**
 * A record in S3 that one attempt owns at a time. Every write is conditional on the ETag of the owner's last write, so
 * exactly one of several contenders gets the record, and an owner that has lost it learns that with its next write. The
 * owner is named in the bytes and not in the metadata: without KMS the ETag is that of the bytes alone, and would be
 * the same for two owners.
 */
export class LeasedRecord {
  readonly #options: LeasedRecordOptions;
  readonly #owner = randomUUID();
  /** ETag of our last write; absent while the record is not ours. */
  #etag: string | undefined;
  #ownedUntil = 0;

  constructor(options: LeasedRecordOptions) {
    this.#options = options;
  }

  /** Whether it is ours, as far as we know. */
  get isOwned(): boolean {
    return this.#etag !== undefined;
  }

  /** Milliseconds since 1970, after which others consider the record abandoned. */
  get ownedUntil(): number {
    return this.#ownedUntil;
  }

  /**
   * Takes over the record, and returns its contents.
   * @param first contents if there was none
   * @returns the contents that another attempt has left; undefined if there were none
   * @throws ArchiveInProgressError while another worker owns it
   */
  async take(first: Uint8Array, signal: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      const found = await this.#read(signal);
      if (found !== undefined) this.#refuseOwned(found.ownedUntil);
      if (await this.#put(found?.body ?? first, found?.etag, this.#nextEnd())) return found?.body;
    }
  }

  /** Rewrites it, which renews the lease. @throws ArchiveInProgressError when another worker has taken it */
  async write(body: Uint8Array): Promise<void> {
    await this.#replace(body, this.#nextEnd());
  }

  /** Rewrites it so that any worker may take it. @throws ArchiveInProgressError when another worker has taken it */
  async release(body: Uint8Array): Promise<void> {
    if (this.#etag === undefined) return;
    await this.#replace(body, 0);
    this.#etag = undefined;
  }

  /** Deletes it, if it is still ours. */
  async remove(): Promise<void> {
    const { store, location } = this.#options;
    if (this.#etag !== undefined) await store.remove({ ...location, etag: this.#etag });
    this.#etag = undefined;
  }

  #nextEnd(): number {
    return Math.ceil(this.#options.now() + 1000 * this.#options.ownershipSeconds);
  }

  async #replace(body: Uint8Array, ownedUntil: number): Promise<void> {
    const wasWritten = this.#etag !== undefined && (await this.#put(body, this.#etag, ownedUntil));
    if (wasWritten) return;
    this.#etag = undefined;
    throw this.#inWork(this.#options.ownershipSeconds);
  }

  /** @returns false when another worker has written it in the meantime */
  async #put(body: Uint8Array, etag: string | undefined, ownedUntil: number): Promise<boolean> {
    const { store, location } = this.#options;
    const bytes = Buffer.concat([Buffer.from(`${this.#owner} ${ownedUntil}\n`), body]);
    const target = { ...location, headers: { contentType: 'text/plain' }, metadata: {}, tags: [] };
    let expected = etag;
    for (let tries = 1; ; tries += 1) {
      const condition =
        expected === undefined ? ({ kind: 'absent' } as const) : { kind: 'matches' as const, etag: expected };
      try {
        const wasWritten = await store.put({ ...target, body: bytes, crc32: crc32(bytes), condition });
        this.#etag = wasWritten.etag;
        this.#ownedUntil = ownedUntil;
        return true;
      } catch (thrown) {
        if (!(thrown instanceof WriteConditionError) || tries === MAX_TRIES) throw thrown;
        // This includes a lost response to an earlier write of ours: then the stored record is ours.
        const found = await this.#read();
        if (found?.owner !== this.#owner) return false;
        expected = found.etag;
      }
    }
  }

  async #read(signal?: AbortSignal): Promise<FoundRecord | undefined> {
    const { store, location } = this.#options;
    for (;;) {
      const head = await store.head(location, signal);
      if (head === undefined) return undefined;
      const bytes = Buffer.alloc(head.size);
      try {
        await store.read({ ...location, etag: head.etag, into: bytes, ...(signal && { signal }) });
        return { etag: head.etag, ...splitOwner(bytes) };
      } catch (thrown) {
        // Its owner has written or deleted it in the meantime.
        if (!(thrown instanceof ObjectChangedError || thrown instanceof ObjectNotFoundError)) throw thrown;
      }
    }
  }

  #refuseOwned(ownedUntil: number): void {
    const milliseconds = ownedUntil - this.#options.now();
    if (milliseconds > 0) throw this.#inWork(Math.ceil(milliseconds / 1000));
  }

  #inWork(seconds: number): ArchiveInProgressError {
    return archiveInProgressError(this.#options.location.key, Math.min(seconds, this.#options.ownershipSeconds));
  }
}

interface FoundRecord {
  readonly etag: string;
  readonly owner: string | undefined;
  readonly ownedUntil: number;
  readonly body: Buffer;
}

/** A record without our first line has no owner. */
function splitOwner(bytes: Buffer): Omit<FoundRecord, 'etag'> {
  const [line = '', owner, ownedUntil] = OWNER_LINE.exec(bytes.toString('latin1', 0, MAX_OWNER_LINE)) ?? [];
  return { owner, ownedUntil: Number(ownedUntil ?? 0), body: bytes.subarray(line.length) };
}

/** @param seconds after which to try again */
export function archiveInProgressError(archive: string, seconds: number): ArchiveInProgressError {
  return new ArchiveInProgressError(`Another task, or another message of this one, is working on ${archive}`, {
    archive,
    seconds,
  });
}
