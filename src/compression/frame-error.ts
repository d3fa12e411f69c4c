import { CorruptArchiveError, ObjectChecksumError } from '../archive/errors.ts';
import type { FailedFrame } from './frame-contract.ts';

/** Rebuilds the typed error of a frame that could not be restored: errors lose their class between threads. */
export function frameError({ reason, message }: FailedFrame): CorruptArchiveError | ObjectChecksumError {
  if (reason === 'checksum') return new ObjectChecksumError(message);
  return new CorruptArchiveError(reason === 'frame' ? `A zstd frame cannot be restored: ${message}` : message);
}
