import { tmpdir } from 'node:os';
import { DeleteObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { DemoFailedError, SourceChangedError } from '../errors.ts';
import type { DemoObject, DraftTiming, ObjectBody } from '../input/planned-object.ts';
import type { SkippedEntry } from '../input/walk-folder.ts';
import { type BucketClient, type PutResult, putObject } from './put-object.ts';
import type { UploadedObject, UploadedVersion } from './uploaded-object.ts';

/** Concurrent requests: enough to keep an emulated region busy while the pipeline also uses it. */
const PARALLEL_UPLOADS = 16;

/** Writes of an object with such a draft: an early one exists to be overwritten, a late one arrives too late. */
const WRITES: Readonly<Record<DraftTiming, UploadedObject['writes']>> = {
  early: [2, 2],
  late: [1, 1],
  racing: [1, 2],
  deleted: [2, 2],
};
const ONE_WRITE = [1, 1] as const;
/** One before the object is deleted, and one when that is undone. */
const TWO_WRITES = [2, 2] as const;

export interface UploadRecord {
  /** The final contents of the source bucket. */
  readonly objects: readonly UploadedObject[];
  /** Versions that were overwritten before the end. */
  readonly drafts: readonly UploadedVersion[];
  readonly removals: RemovalRecord;
  /** Files that changed while they were being read, and are not in the source bucket. */
  readonly skipped: readonly SkippedEntry[];
}

/** The deleted objects, as they were before. */
export interface RemovalRecord {
  /** Permanently, after the targets had received them. */
  readonly restored: readonly UploadedVersion[];
  /** Permanently, while their archives were in transit. */
  readonly traveling: readonly UploadedVersion[];
  /** Objects that exist again, since their delete markers were removed. */
  readonly undone: readonly UploadedVersion[];
  /** Drafts, which `drafts` also lists; their objects were written later. */
  readonly rewritten: readonly UploadedVersion[];
}

/** Uploads objects and records the uploads. */
export class Uploader {
  readonly #client: BucketClient;
  readonly #onUploaded: () => void;
  readonly #turns = pLimit(PARALLEL_UPLOADS);
  /** The last uploaded version of each key. */
  readonly #current = new Map<string, UploadedObject>();
  readonly #drafts: UploadedVersion[] = [];
  readonly #skipped: SkippedEntry[] = [];
  readonly #removals: Record<keyof RemovalRecord, UploadedObject[]> = {
    restored: [],
    traveling: [],
    undone: [],
    rewritten: [],
  };
  /** By key: versions of the delete markers. */
  readonly #markers = new Map<string, string>();

  constructor(client: BucketClient, onUploaded: () => void) {
    this.#client = client;
    this.#onUploaded = onUploaded;
  }

  get record(): UploadRecord {
    const objects = [...this.#current.values()];
    return { objects, drafts: this.#drafts, removals: this.#removals, skipped: this.#skipped };
  }

  /** Uploads the drafts of objects that have one. */
  async draft(objects: readonly DemoObject[]): Promise<void> {
    await this.#turns.map(objects, async (object) => {
      if (object.draft === undefined) return;
      const version = await this.#put(object, { kind: 'bytes', bytes: object.draft.bytes });
      this.#current.set(object.key, { ...version, writes: ONE_WRITE });
    });
  }

  /** Uploads the objects' own bytes. If these cannot be read, the object stays what it was: its draft, or nothing. */
  async write(objects: readonly DemoObject[]): Promise<void> {
    await this.#turns.map(objects, async (object) => {
      try {
        const version = await this.#put(object, object.body);
        const draft = this.#current.get(object.key);
        if (draft !== undefined) this.#drafts.push(draft);
        const writes = object.draft === undefined ? ONE_WRITE : WRITES[object.draft.timing];
        this.#current.set(object.key, { ...version, writes });
      } catch (thrown) {
        if (!(thrown instanceof SourceChangedError)) throw thrown;
        this.#skipped.push({ relativePath: object.key, reason: thrown.message });
      }
    });
  }

  /** Deletes uploaded objects, or their drafts. */
  async remove(objects: readonly DemoObject[]): Promise<void> {
    await this.#turns.map(objects, async ({ key, removal }) => {
      const version = this.#current.get(key);
      // It could not be read, and never existed.
      if (version === undefined) return;
      const { s3, bucket } = this.#client;
      const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      if (VersionId === undefined)
        throw new DemoFailedError(`The deletion of ${JSON.stringify(key)} created no delete marker`);
      this.#markers.set(key, VersionId);
      this.#current.delete(key);
      if (removal === undefined) this.#drafts.push(version);
      this.#removals[removal ?? 'rewritten'].push(version);
    });
  }

  /** Removes the delete markers of `removal: 'undone'`, which makes the objects current again. */
  async undoRemovals(): Promise<void> {
    await this.#turns.map(this.#removals.undone, async ({ key, ...version }) => {
      const { s3, bucket } = this.#client;
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: this.#markers.get(key) }));
      this.#current.set(key, { ...version, key, writes: TWO_WRITES });
    });
  }

  async #put({ key, attributes }: DemoObject, body: ObjectBody): Promise<PutResult> {
    try {
      const version = await putObject(this.#client, key, body, attributes);
      this.#onUploaded();
      return version;
    } catch (thrown) {
      throw isServerFailure(thrown) ? notStored(key, thrown) : thrown;
    }
  }
}

function isServerFailure(thrown: unknown): boolean {
  return thrown instanceof S3ServiceException && (thrown.$metadata.httpStatusCode ?? 0) >= 500;
}

/** The local server rarely fails, and does not say why. */
function notStored(key: string, cause: unknown): DemoFailedError {
  const message = `The emulated region could not store ${JSON.stringify(key)}. It keeps large objects in ${tmpdir()}: is there enough space?`;
  return new DemoFailedError(message, { context: { key }, cause });
}
