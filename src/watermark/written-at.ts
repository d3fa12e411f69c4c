import { parseKeyTime } from '../archive/key-time.ts';
import type { ListedKey } from './dependencies.ts';

/**
 * When the oldest object of an archive was written, in milliseconds since 1970, from the key. Archives of other
 * implementations, whose keys have no time, count from when they were put.
 */
export function writtenAt({ key, lastModified }: ListedKey, prefix: string): number {
  return parseKeyTime(key.slice(prefix.length)) ?? lastModified;
}
