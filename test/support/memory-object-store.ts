import { crc32 as crc32Of } from 'node:zlib';
import { BucketNotFoundError } from '../../src/aws/errors.ts';
import {
  CustomerKeyError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectNotFoundError,
  ObjectSizeError,
  StorageRejectedError,
  UploadGoneError,
  WriteConditionError,
} from '../../src/storage/errors.ts';
import type {
  DeletedObject,
  ObjectStore,
  ObjectUpload,
  ObjectVersion,
  PutRequest,
  ReadRequest,
  WriteCondition,
  WriteTarget,
} from '../../src/storage/object-store.ts';
import type { ObjectDescription, ObjectLocation, ObjectTag } from '../../src/storage/stored-object.ts';
import { verifyBody, verifyHeaders, verifyTags, verifyTarget } from './memory-object-rules.ts';
import { digestOf, MemoryUpload, type UploadState } from './memory-upload.ts';

export interface MemoryObjectStoreOptions {
  /** The existing buckets. Absent: every bucket exists. */
  readonly buckets?: readonly string[];
  /** Milliseconds since 1970, of which S3 keeps whole seconds. */
  readonly now?: () => number;
  /** 5 MiB in S3. */
  readonly minimumPartSize?: number;
  /** Whether a deleted object stays below a delete marker. */
  readonly versioned?: boolean;
  /** Called if the ETag of a conditional request matches: false makes it fail anyway. S3 has no such condition. */
  readonly isMeant?: (request: object, found: ObjectDescription) => boolean;
}

/** An object that a test puts or reads directly, without conditions. */
export interface MemoryObject {
  readonly body: Buffer;
  readonly description: ObjectDescription;
  readonly tags: readonly ObjectTag[];
  readonly kmsKeyArn?: string;
}

interface Stored extends MemoryObject {
  readonly crc32: number;
  /** The reason why the bytes cannot be read. */
  readonly sealed?: 'archived' | 'customer-key';
}

const UNREADABLE_CLASSES = new Set(['GLACIER', 'DEEP_ARCHIVE']);
const MINIMUM_PART_SIZE = 5 * 1024 * 1024;

/** An object store in memory with S3's rules: ETags, conditions, checksums, limits, multipart uploads. */
export class MemoryObjectStore implements ObjectStore {
  readonly #buckets = new Map<string, Map<string, Stored>>();
  readonly #uploads = new Map<string, { readonly target: WriteTarget; readonly state: UploadState }>();
  readonly #options: MemoryObjectStoreOptions;
  readonly #erased = new Map<string, Required<DeletedObject>>();

  constructor(options: MemoryObjectStoreOptions = {}) {
    this.#options = options;
    for (const bucket of options.buckets ?? []) this.#buckets.set(bucket, new Map());
  }

  /** Puts an object as a user would, and returns its ETag. */
  async place(location: ObjectLocation, body: Uint8Array, target: Partial<WriteTarget> = {}): Promise<string> {
    const bare: PutRequest = { ...location, body, crc32: crc32Of(body), ...NOTHING_SPECIAL };
    const { etag } = await this.#write({ ...bare, ...target, ...location });
    return etag;
  }

  /** Makes the bytes unreadable, as in an archive tier or with a customer-provided key. */
  seal(location: ObjectLocation, sealed: 'archived' | 'customer-key'): void {
    const stored = this.#find(location);
    if (!stored) throw new ObjectNotFoundError(`nothing to seal at s3://${location.bucket}/${location.key}`);
    this.#bucket(location.bucket).set(location.key, { ...stored, sealed });
  }

  look(location: ObjectLocation): MemoryObject | undefined {
    return this.#find(location);
  }

  /** All keys of a bucket, in S3's order: by UTF-8 bytes. */
  keys(bucket: string): string[] {
    return Array.from(this.#bucket(bucket).keys()).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** Keys of the open uploads, one per upload. */
  uploadKeys(bucket: string): string[] {
    return Array.from(this.#uploads.values())
      .filter(({ state }) => state.open && state.bucket === bucket)
      .map(({ state }) => state.key);
  }

  /** Deletes the object as a user would, whatever its ETag. */
  erase({ bucket, key }: ObjectLocation): void {
    const stored = this.#find({ bucket, key });
    if (stored !== undefined && this.#options.versioned === true) {
      this.#erased.set(nameOf({ bucket, key }), {
        below: { ...stored.description, crc32: stored.crc32 },
        deletedAt: this.#options.now?.() ?? Date.now(),
      });
    }
    this.#bucket(bucket).delete(key);
  }

  async read(request: ReadRequest): Promise<ObjectDescription> {
    await this.#turn(request.signal);
    const { into, start } = request;
    const name = `s3://${request.bucket}/${request.key}`;
    const stored = this.#find(request);
    if (!stored) throw new ObjectNotFoundError(`nothing at ${name}`);
    const { description, crc32 } = stored;
    if (description.etag !== request.etag) throw new ObjectChangedError(`${name} has ETag ${description.etag}`);
    if (stored.sealed === 'customer-key') throw new CustomerKeyError(`${name} has a customer-provided key`);
    if (stored.sealed === 'archived' || UNREADABLE_CLASSES.has(description.storageClass)) {
      throw new ObjectArchivedError(`${name} is archived`);
    }
    if (start !== undefined && into.length === 0) throw new StorageRejectedError(`an empty range of ${name}`);
    const bytes = stored.body.subarray(start ?? 0, start === undefined ? undefined : start + into.length);
    if (bytes.length !== into.length) {
      throw new ObjectSizeError(`${name}: ${bytes.length} bytes where ${into.length} were expected`);
    }
    into.set(bytes);
    const answer = { ...description, answeredAt: this.#answeredAt() };
    return start === undefined ? { ...answer, crc32 } : answer;
  }

  async readTags(location: ObjectLocation, signal?: AbortSignal): Promise<{ tags: ObjectTag[] }> {
    await this.#turn(signal);
    const stored = this.#find(location);
    if (!stored) throw new ObjectNotFoundError(`nothing at s3://${location.bucket}/${location.key}`);
    return { tags: stored.tags.map((tag) => ({ ...tag })) };
  }

  async putTags({ bucket, key }: ObjectLocation, tags: readonly ObjectTag[], signal?: AbortSignal): Promise<void> {
    await this.#turn(signal);
    const stored = this.#find({ bucket, key });
    if (stored === undefined) throw new WriteConditionError(`nothing at s3://${bucket}/${key}`);
    verifyTags({ bucket, key, tags });
    const description = { ...stored.description, tagCount: tags.length };
    this.#bucket(bucket).set(key, { ...stored, description, tags: [...tags] });
  }

  async head(location: ObjectLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined> {
    await this.#turn(signal);
    const stored = this.#find(location);
    if (!stored) return undefined;
    if (stored.sealed === 'customer-key') throw new CustomerKeyError(`${location.key} has a customer-provided key`);
    return { ...stored.description, crc32: stored.crc32, answeredAt: this.#answeredAt() };
  }

  put(request: PutRequest): Promise<{ etag: string }> {
    return this.#write(request, verifyHeaders);
  }

  async #write(request: PutRequest, verify?: (target: WriteTarget) => void): Promise<{ etag: string }> {
    // The caller may reuse its arguments right after a failure, so they are copied before anything is awaited.
    const body = Buffer.from(request.body);
    await this.#turn(request.signal);
    this.#bucket(request.bucket);
    verifyTarget(request);
    verify?.(request);
    verifyBody(request, body, request.crc32);
    this.#verifyCondition(request, request.condition);
    const etag = digestOf(body, request.crc32).toString('hex');
    this.#store(request, { body, etag, crc32: request.crc32 });
    return { etag };
  }

  async createUpload(target: WriteTarget, signal?: AbortSignal): Promise<ObjectUpload> {
    await this.#turn(signal);
    this.#bucket(target.bucket);
    verifyTarget(target);
    verifyHeaders(target);
    const id = `upload-${this.#uploads.size + 1}`;
    const { bucket, key } = target;
    this.#uploads.set(id, { target, state: { bucket, key, parts: new Map(), open: true } });
    return this.#openUpload(id, signal);
  }

  async listUploads({ bucket, key }: ObjectLocation, signal?: AbortSignal): Promise<string[]> {
    await this.#turn(signal);
    return Array.from(this.#uploads)
      .filter(([, { state }]) => state.open && state.bucket === bucket && state.key === key)
      .map(([id]) => id);
  }

  async resumeUpload({ bucket, key }: ObjectLocation, id: string, signal?: AbortSignal): Promise<ObjectUpload> {
    await this.#turn(signal);
    const { state } = this.#uploads.get(id) ?? {};
    if (state?.open !== true || state.bucket !== bucket || state.key !== key) {
      throw new UploadGoneError(`no upload ${id} to s3://${bucket}/${key}`);
    }
    return this.#openUpload(id, signal);
  }

  async findDeleted(location: ObjectLocation, signal?: AbortSignal): Promise<DeletedObject | undefined> {
    await this.#turn(signal);
    return this.#find(location) === undefined ? this.#erased.get(nameOf(location)) : undefined;
  }

  async remove(location: ObjectVersion): Promise<boolean> {
    await this.#turn();
    const found = this.#find(location);
    if (found?.description.etag !== location.etag || !this.#isMeant(location, found)) return false;
    this.erase(location);
    return true;
  }

  #openUpload(id: string, signal: AbortSignal | undefined): MemoryUpload {
    const upload = this.#uploads.get(id);
    if (upload === undefined) throw new UploadGoneError(`no upload ${id}`);
    const { target, state } = upload;
    return new MemoryUpload(id, state, {
      minimumPartSize: this.#options.minimumPartSize ?? MINIMUM_PART_SIZE,
      signal,
      fetch: (source) => {
        const found = this.#find(source);
        if (found?.description.etag === source.etag) return found.body;
        throw new WriteConditionError(`s3://${source.bucket}/${source.key} is not the object to copy`);
      },
      finish: (object, condition) => {
        this.#verifyCondition(target, condition);
        this.#store(target, object);
      },
    });
  }

  /** Lets other calls run in between, as a network would, and fails if the signal is aborted. */
  async #turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await Promise.resolve();
    signal?.throwIfAborted();
  }

  #find({ bucket, key }: ObjectLocation): Stored | undefined {
    return this.#bucket(bucket).get(key);
  }

  #bucket(name: string): Map<string, Stored> {
    const found = this.#buckets.get(name);
    if (found) return found;
    if (this.#options.buckets) throw new BucketNotFoundError(`bucket ${name} does not exist`);
    const created = new Map<string, Stored>();
    this.#buckets.set(name, created);
    return created;
  }

  #verifyCondition(location: ObjectLocation, condition: WriteCondition): void {
    const found = this.#find(location);
    const present = found?.description.etag;
    const expected = condition.kind === 'matches' ? condition.etag : undefined;
    if (condition.kind === 'always') return;
    if (present === expected && (found === undefined || this.#isMeant(location, found))) return;
    throw new WriteConditionError(`s3://${location.bucket}/${location.key} has ETag ${present ?? '(nothing)'}`);
  }

  /** S3 answers in whole seconds. */
  #answeredAt(): number {
    return Math.floor((this.#options.now?.() ?? Date.now()) / 1000) * 1000;
  }

  #isMeant(request: object, { description }: Stored): boolean {
    return this.#options.isMeant?.(request, description) ?? true;
  }

  #store(target: WriteTarget, object: { body: Buffer; etag: string; crc32: number }): void {
    const { body, etag, crc32 } = object;
    const now = this.#options.now?.() ?? Date.now();
    const description: ObjectDescription = {
      size: body.length,
      etag,
      lastModified: new Date(Math.floor(now / 1000) * 1000),
      headers: { contentType: 'binary/octet-stream', ...target.headers },
      metadata: { ...target.metadata },
      storageClass: target.storageClass ?? 'STANDARD',
      tagCount: target.tags.length,
      missingMetadata: 0,
    };
    const encryption = target.kmsKeyArn === undefined ? {} : { kmsKeyArn: target.kmsKeyArn };
    this.#bucket(target.bucket).set(target.key, { body, crc32, description, tags: [...target.tags], ...encryption });
  }
}

function nameOf({ bucket, key }: ObjectLocation): string {
  return JSON.stringify([bucket, key]);
}

const NOTHING_SPECIAL = {
  headers: {},
  metadata: {},
  tags: [],
  condition: { kind: 'always' },
} as const;
