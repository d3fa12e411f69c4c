import { CorruptArchiveError, ObjectChecksumError } from '../archive/errors.ts';
import type { FailedFrame } from './frame-contract.ts';

/** The typed error of a frame that could not be restored: errors lose their class on the way between threads. */
export function frameError({ reason, message }: FailedFrame): CorruptArchiveError | ObjectChecksumError {
  if (reason === 'checksum') return new ObjectChecksumError(message);
  return new CorruptArchiveError(reason === 'frame' ? `A zstd frame cannot be restored: ${message}` : message);
}
