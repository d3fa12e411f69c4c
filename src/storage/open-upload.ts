import { UploadGoneError } from './errors.ts';
import type { ObjectUpload, UploadFinder } from './object-store.ts';
import type { ObjectLocation } from './stored-object.ts';

/**
 * An upload that was listed or recorded before; undefined if it was completed or aborted, or has expired, since then.
 */
export async function openUpload(
  store: Pick<UploadFinder, 'resumeUpload'>,
  location: ObjectLocation,
  id: string,
  signal?: AbortSignal,
): Promise<ObjectUpload | undefined> {
  try {
    return await store.resumeUpload(location, id, signal);
  } catch (thrown) {
    if (thrown instanceof UploadGoneError) return undefined;
    throw thrown;
  }
}
