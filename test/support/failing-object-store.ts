import type { CompressorError } from '../../src/errors.ts';
import { UnavailableStorageError } from '../../src/storage/errors.ts';
import type {
  CompleteRequest,
  ObjectStore,
  ObjectUpload,
  ObjectVersion,
  PutRequest,
  ReadRequest,
  UploadedPart,
  WriteTarget,
  WrittenVersion,
} from '../../src/storage/object-store.ts';
import type { ObjectDescription, ObjectLocation } from '../../src/storage/stored-object.ts';

export type StoreCall =
  | 'read'
  | 'readTags'
  | 'putTags'
  | 'head'
  | 'findDeleted'
  | 'put'
  | 'createUpload'
  | 'listUploads'
  | 'resumeUpload'
  | 'uploadPart'
  | 'takePart'
  | 'complete'
  | 'abort'
  | 'remove';

export interface FailingOptions {
  /** The error of the n-th call of its kind (counted from 1). Default: an UnavailableStorageError. */
  readonly error?: (call: StoreCall, count: number) => Error;
  /** `before`: nothing happened. `after`: the call took effect, and only its answer was lost. */
  readonly moment?: 'before' | 'after';
  /** Awaited before the n-th call of its kind is made. */
  readonly hold?: (call: StoreCall, count: number) => Promise<void> | undefined;
  /** Called for each successful call. */
  readonly accepted?: (call: StoreCall) => void;
}

/**
 * A store that counts its calls, and fails those that the test names: `new FailingObjectStore(store, { put: [2] })`.
 */
export class FailingObjectStore implements ObjectStore {
  /** Calls made so far, failed ones included. */
  readonly counts: Record<StoreCall, number> = {
    read: 0,
    readTags: 0,
    putTags: 0,
    head: 0,
    findDeleted: 0,
    put: 0,
    createUpload: 0,
    listUploads: 0,
    resumeUpload: 0,
    uploadPart: 0,
    takePart: 0,
    complete: 0,
    abort: 0,
    remove: 0,
  };
  readonly #store: ObjectStore;
  readonly #failing: Readonly<Partial<Record<StoreCall, readonly number[]>>>;
  readonly #options: FailingOptions;

  constructor(
    store: ObjectStore,
    failing: Readonly<Partial<Record<StoreCall, readonly number[]>>> = {},
    options: FailingOptions = {},
  ) {
    this.#store = store;
    this.#failing = failing;
    this.#options = options;
  }

  read(request: ReadRequest): Promise<ObjectDescription> {
    return this.#run('read', () => this.#store.read(request));
  }

  readTags(location: ObjectLocation, signal?: AbortSignal): ReturnType<ObjectStore['readTags']> {
    return this.#run('readTags', () => this.#store.readTags(location, signal));
  }

  head(location: ObjectLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined> {
    return this.#run('head', () => this.#store.head(location, signal));
  }

  findDeleted(...request: Parameters<ObjectStore['findDeleted']>): ReturnType<ObjectStore['findDeleted']> {
    return this.#run('findDeleted', () => this.#store.findDeleted(...request));
  }

  putTags(...request: Parameters<ObjectStore['putTags']>): Promise<void> {
    return this.#run('putTags', () => this.#store.putTags(...request));
  }

  put(request: PutRequest): Promise<WrittenVersion> {
    return this.#run('put', () => this.#store.put(request));
  }

  remove(location: ObjectVersion): Promise<boolean> {
    return this.#run('remove', () => this.#store.remove(location));
  }

  async createUpload(target: WriteTarget, signal?: AbortSignal): Promise<ObjectUpload> {
    return this.#wrap(await this.#run('createUpload', () => this.#store.createUpload(target, signal)));
  }

  listUploads(location: ObjectLocation, signal?: AbortSignal): Promise<string[]> {
    return this.#run('listUploads', () => this.#store.listUploads(location, signal));
  }

  async resumeUpload(location: ObjectLocation, id: string, signal?: AbortSignal): Promise<ObjectUpload> {
    return this.#wrap(await this.#run('resumeUpload', () => this.#store.resumeUpload(location, id, signal)));
  }

  #wrap(upload: ObjectUpload): ObjectUpload {
    const { id, earlier } = upload;
    return {
      id,
      earlier,
      uploadPart: (partNumber: number, body: Uint8Array, crc32: number) =>
        this.#run('uploadPart', () => upload.uploadPart(partNumber, body, crc32)),
      takePart: (source: ObjectVersion, part: UploadedPart) =>
        this.#run('takePart', () => upload.takePart(source, part)),
      complete: (request: CompleteRequest) => this.#run('complete', () => upload.complete(request)),
      abort: () => this.#run('abort', () => upload.abort()),
    };
  }

  async #run<T>(call: StoreCall, action: () => Promise<T>): Promise<T> {
    this.counts[call] += 1;
    const count = this.counts[call];
    await this.#options.hold?.(call, count);
    const fails = this.#failing[call]?.includes(count) ?? false;
    if (!fails) {
      const result = await action();
      this.#options.accepted?.(call);
      return result;
    }
    if (this.#options.moment === 'after') await action();
    throw this.#options.error?.(call, count) ?? unavailable(call, count);
  }
}

function unavailable(call: StoreCall, count: number): CompressorError {
  return new UnavailableStorageError(`${call} number ${count} fails on purpose`, { context: { call, count } });
}
