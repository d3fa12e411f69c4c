import type { ObjectStore, ObjectUpload } from '../../src/storage/object-store.ts';

/** A store that overrides only some calls. */
export function delegatingStore(store: ObjectStore, otherwise: Partial<ObjectStore>): ObjectStore {
  return {
    read: (...request) => store.read(...request),
    readTags: (...request) => store.readTags(...request),
    putTags: (...request) => store.putTags(...request),
    head: (...request) => store.head(...request),
    findDeleted: (...request) => store.findDeleted(...request),
    listUploads: (...request) => store.listUploads(...request),
    resumeUpload: (...request) => store.resumeUpload(...request),
    put: (...request) => store.put(...request),
    createUpload: (...request) => store.createUpload(...request),
    remove: (...request) => store.remove(...request),
    ...otherwise,
  };
}

/** An upload that overrides its completion. */
export function delegatingUpload(upload: ObjectUpload, complete: ObjectUpload['complete']): ObjectUpload {
  return {
    id: upload.id,
    earlier: upload.earlier,
    uploadPart: (...part) => upload.uploadPart(...part),
    takePart: (...part) => upload.takePart(...part),
    abort: () => upload.abort(),
    complete,
  };
}
