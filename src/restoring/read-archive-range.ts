import { ObjectChangedError, ObjectNotFoundError, ObjectSizeError } from '../storage/errors.ts';
import type { ObjectReader } from '../storage/object-store.ts';
import { type ArchiveVersion, archiveName } from './dependencies.ts';
import { ArchiveChangedError, ArchiveGoneError } from './errors.ts';

/**
 * Fills `into` with the archive's bytes starting at `start`.
 * @throws ArchiveGoneError when the archive does not exist (any more), ArchiveChangedError when another version of it
 * is stored
 */
export async function readArchiveRange(
  store: ObjectReader,
  archive: ArchiveVersion,
  start: number,
  into: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const { bucket, key, etag } = archive;
  const name = archiveName(archive);
  const context = { archive: name };
  try {
    const { size } = await store.read({ bucket, key, etag, into, start, ...(signal && { signal }) });
    if (size === archive.size) return;
    throw new ObjectSizeError(`${name} has ${size} bytes, but its event said ${archive.size}`, { context });
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError) throw new ArchiveGoneError(`${name} does not exist`, { cause, context });
    if (cause instanceof ObjectChangedError) {
      throw new ArchiveChangedError(`${name} has another version now, which must be restored instead`, {
        cause,
        context,
      });
    }
    throw cause;
  }
}
