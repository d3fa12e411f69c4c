import type { ObjectStore, ObjectUpload, PutRequest, WriteTarget } from '../../src/storage/object-store.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { s3Notification } from '../support/notifications.ts';
import type { Clock } from './clock.ts';
import { delegatingStore, delegatingUpload } from './delegating-store.ts';

export interface TellingOptions {
  readonly bucket: string;
  readonly versioned: boolean;
  readonly clock: Clock;
  readonly principalId: string;
  readonly emit: (body: string) => void;
}

/** A store that sends events for the product's writes and deletes in one bucket, as S3 does for all of them. */
export function tellingStore(store: MemoryObjectStore, options: TellingOptions): ObjectStore {
  const { bucket, versioned, clock, principalId, emit } = options;
  const tell = (location: ObjectLocation, eventName: string, facts: object = {}): void => {
    if (location.bucket !== bucket) return;
    const { key } = location;
    clock.advance(1);
    const eventTime = new Date(clock.now()).toISOString();
    emit(
      s3Notification({ bucket, key, eventName, eventTime, principalId, sequencer: clock.nextSequencer(), ...facts }),
    );
  };
  const tellWritten = (target: ObjectLocation, etag: string, size: number): void => {
    tell(target, 'ObjectCreated:Put', { etag, size });
  };
  const tellingUpload = (target: WriteTarget, upload: ObjectUpload): ObjectUpload =>
    delegatingUpload(upload, async (request) => {
      const written = await upload.complete(request);
      tellWritten(target, written.etag, request.size);
      return written;
    });
  return delegatingStore(store, {
    put: async (request: PutRequest) => {
      const written = await store.put(request);
      tellWritten(request, written.etag, request.body.length);
      return written;
    },
    createUpload: async (target, signal) => tellingUpload(target, await store.createUpload(target, signal)),
    remove: async (version) => {
      const removed = await store.remove(version);
      if (removed) tell(version, `ObjectRemoved:${versioned ? 'DeleteMarkerCreated' : 'Delete'}`);
      return removed;
    },
  });
}
