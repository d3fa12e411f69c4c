import type { ObjectStore, ObjectUpload, WriteTarget } from '../../src/storage/object-store.ts';
import type { ObjectDescription, ObjectLocation } from '../../src/storage/stored-object.ts';
import { delegatingStore, delegatingUpload } from './delegating-store.ts';

/**
 * A condition that S3 does not have: on the exact write that a HEAD found, rather than on the ETag of its bytes. With
 * it, a history shows whether that alone made it end wrong.
 */
export class WriteTeller {
  /** By request: identifies the write that it should replace or delete. */
  readonly #meant = new WeakMap<object, object>();

  /**
   * For a `MemoryObjectStore`: whether the object is the write that the HEAD found, not just one with the same ETag.
   */
  readonly isMeant = (request: object, { headers }: ObjectDescription): boolean => {
    const meant = this.#meant.get(request);
    return meant === undefined || meant === headers;
  };

  /** The store of one run, which links its HEADs with its conditional requests. */
  watch(store: ObjectStore): ObjectStore {
    // Each write has its own headers object, and every HEAD returns that same object.
    const seen = new Map<string, object>();
    const mean = (request: object, location: ObjectLocation, etag: string): void => {
      const headers = seen.get(nameOf(location, etag));
      if (headers !== undefined) this.#meant.set(request, headers);
    };
    const watchUpload = (target: WriteTarget, upload: ObjectUpload): ObjectUpload =>
      delegatingUpload(upload, (request) => {
        const { condition } = request;
        if (condition.kind === 'matches') mean(target, target, condition.etag);
        return upload.complete(request);
      });
    return delegatingStore(store, {
      head: async (location, signal) => {
        const found = await store.head(location, signal);
        if (found !== undefined) seen.set(nameOf(location, found.etag), found.headers);
        return found;
      },
      put: (request) => {
        const { condition } = request;
        if (condition.kind === 'matches') mean(request, request, condition.etag);
        return store.put(request);
      },
      createUpload: async (target, signal) => watchUpload(target, await store.createUpload(target, signal)),
      remove: (version) => {
        mean(version, version, version.etag);
        return store.remove(version);
      },
    });
  }
}

function nameOf({ bucket, key }: ObjectLocation, etag: string): string {
  return JSON.stringify([bucket, key, etag]);
}
