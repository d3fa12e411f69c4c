import type { ReplicationRule } from './rule.ts';

/**
 * An archive that did not arrive in one of several regions is resent to that region alone: under a key that begins with the
 * region's own prefix, for which its outbound bucket has a replication rule. Ids of rules do not begin with `_`.
 */
const RESEND = '_resend-';
const RESENT_KEY = new RegExp(`^${RESEND}([^/]+)/(.*)$`, 's');

/** Begins the keys of what is resent to one region. */
export function resendPrefix(region: string): string {
  return `${RESEND}${region}/`;
}

/** The archive that a key is of, and the region if it was resent to that one alone. */
export function parseResentKey(key: string): { readonly archiveKey: string; readonly region?: string } {
  const [, region, archiveKey] = RESENT_KEY.exec(key) ?? [];
  return region === undefined || archiveKey === undefined ? { archiveKey: key } : { archiveKey, region };
}

/** Id of the rule that an archive is of: the first segment of its key as it was first put. */
export function ruleOfArchive(key: string): string {
  const { archiveKey } = parseResentKey(key);
  return archiveKey.slice(0, Math.max(0, archiveKey.indexOf('/')));
}

/** The regions that something may have to be sent to alone: those of rules with several. */
export function resendRegions(rules: readonly Pick<ReplicationRule, 'destinations'>[]): string[] {
  const several = rules.map(regionsOfRule).filter((regions) => regions.length > 1);
  return [...new Set(several.flat())];
}

/** The regions that a rule's archives are replicated to, each once. */
export function regionsOfRule({ destinations }: Pick<ReplicationRule, 'destinations'>): string[] {
  return [...new Set(destinations.map(({ region }) => region))];
}
