import type { ReplicationRule } from './rule.ts';

/**
 * An archive that did not arrive in one of several regions is resent to that region alone, under a key with that
 * region's prefix, for which the outbound bucket has a replication rule. Rule ids do not begin with `_`.
 */
const RESEND = '_resend-';
const RESENT_KEY = new RegExp(`^${RESEND}([^/]+)/(.*)$`, 's');

/** Prefix of the keys of archives that are resent to one region. */
export function resendPrefix(region: string): string {
  return `${RESEND}${region}/`;
}

/** The original key of the archive, and the region if it was resent to that region alone. */
export function parseResentKey(key: string): { readonly archiveKey: string; readonly region?: string } {
  const [, region, archiveKey] = RESENT_KEY.exec(key) ?? [];
  return region === undefined || archiveKey === undefined ? { archiveKey: key } : { archiveKey, region };
}

/** Id of an archive's rule: the first segment of its original key. */
export function ruleOfArchive(key: string): string {
  const { archiveKey } = parseResentKey(key);
  return archiveKey.slice(0, Math.max(0, archiveKey.indexOf('/')));
}

/** The regions that may need a separate resend: those of rules with several regions. */
export function resendRegions(rules: readonly Pick<ReplicationRule, 'destinations'>[]): string[] {
  const several = rules.map(regionsOfRule).filter((regions) => regions.length > 1);
  return [...new Set(several.flat())];
}

/** The regions that a rule's archives are replicated to, each once. */
export function regionsOfRule({ destinations }: Pick<ReplicationRule, 'destinations'>): string[] {
  return [...new Set(destinations.map(({ region }) => region))];
}
