import type { ObjectStore, ObjectUpload, WriteTarget } from '../../src/storage/object-store.ts';
import type { ObjectDescription, ObjectLocation } from '../../src/storage/stored-object.ts';
import { delegatingStore, delegatingUpload } from './delegating-store.ts';

/**
 * What S3 has not: a condition on the write that a look has found, where its own is on the ETag of the bytes. With it a history shows
 * whether that alone is why it ended wrong.
 */
export class WriteTeller {
  /** By request: what tells the write that it is to replace or delete from others. */
  readonly #meant = new WeakMap<object, object>();

  /** For a `MemoryObjectStore`: whether what it has found is what was looked at, beside having its ETag. */
  readonly isMeant = (request: object, { headers }: ObjectDescription): boolean => {
    const meant = this.#meant.get(request);
    return meant === undefined || meant === headers;
  };

  /** The store of one run, whose looks and conditional requests are brought together. */
  watch(store: ObjectStore): ObjectStore {
    // Each write makes headers of its own, and hands out the same ones with each look.
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
