import { ArchiveCorruptError, ObjectChecksumError } from '../archive/errors.ts';
import type { FailedFrame } from './frame-contract.ts';

/** The typed error of a frame that could not be restored: errors lose their class on the way between threads. */
export function frameError({ reason, message }: FailedFrame): ArchiveCorruptError | ObjectChecksumError {
  if (reason === 'checksum') return new ObjectChecksumError(message);
  return new ArchiveCorruptError(reason === 'frame' ? `A zstd frame cannot be restored: ${message}` : message);
}
