import { relative } from 'node:path';

/** A path for display: relative to the working directory, unless it is outside of it. @param path absolute */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
