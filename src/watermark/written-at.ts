import { parseKeyTime } from '../archive/key-time.ts';
import type { ListedKey } from './dependencies.ts';

/**
 * When the oldest object of an archive was written, in milliseconds since 1970: keys say it behind their prefix. Archives of other
 * makers, which do not, count from when they were put.
 */
export function writtenAt({ key, lastModified }: ListedKey, prefix: string): number {
  return parseKeyTime(key.slice(prefix.length)) ?? lastModified;
}
