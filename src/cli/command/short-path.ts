import { relative } from 'node:path';

/** A path as it is shown: from the working directory, unless that leads out of it. @param path absolute */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
