/** Prefix of the keys of archives that were given up, in a separate bucket. */
export const KEPT_PREFIX = 'failed/';

export function keptKey(archiveKey: string): string {
  return `${KEPT_PREFIX}${archiveKey}`;
}

export function archiveKeyOf(keptKey: string): string {
  return keptKey.slice(KEPT_PREFIX.length);
}
