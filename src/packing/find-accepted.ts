import type { CompressorError } from '../errors.ts';
import { UnavailableStorageError, UploadGoneError, WriteConditionError } from '../storage/errors.ts';
import type { ObjectHeadReader } from '../storage/object-store.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';

/** The archive that an attempt was sending when the last call failed. */
export interface SentArchive {
  readonly location: ObjectLocation;
  /** Bytes. */
  readonly size: number;
  readonly crc32: number;
  /** Whether other attempts also write this key, each with the same object. */
  readonly isShared: boolean;
}

/** The archive that is stored at the key although the last call failed. */
export interface FoundArchive {
  /** Bytes of what is stored. */
  readonly size: number;
  /** Whether it may be ours: then its upload must not be aborted. */
  readonly mayBeOurs: boolean;
}

/**
 * Checks whether S3 has the archive even though the last call for it has failed.
 *
 * | the call ended with                            | at the key                    | then                                          |
 * |------------------------------------------------|-------------------------------|-----------------------------------------------|
 * | 412 or 409, a lost upload, no response         | ours, by size and CRC-32      | success: an earlier response was lost          |
 * | the same                                       | another, and the key is shared | success: another attempt has archived the object |
 * | the same                                       | another, and the key is ours  | failure: nobody else has a reason to write it |
 * | the same                                       | nothing                       | failure                                       |
 * | anything else                                  | not checked                   | failure                                       |
 *
 * @returns undefined if it is a failure
 * @throws the error of the HEAD
 */
export async function findAccepted(
  failure: CompressorError,
  { location, size, crc32, isShared }: SentArchive,
  store: ObjectHeadReader,
  signal: AbortSignal,
): Promise<FoundArchive | undefined> {
  if (!mayHaveSucceeded(failure)) return undefined;
  const found = await store.head(location, signal);
  if (found === undefined) return undefined;
  const mayBeOurs = found.size === size && (found.crc32 === undefined || found.crc32 === crc32);
  return mayBeOurs || isShared ? { size: found.size, mayBeOurs } : undefined;
}

function mayHaveSucceeded(failure: CompressorError): boolean {
  return (
    failure instanceof WriteConditionError ||
    failure instanceof UploadGoneError ||
    failure instanceof UnavailableStorageError
  );
}
