import { createHash } from 'node:crypto';

/** The identity of a rule: no two rules may have the same four values. */
export interface RuleIdentity {
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly suffix: string;
}

const READABLE_LENGTH = 40;
const HASH_LENGTH = 10;

/**
 * Name of a rule in queue names, archive keys and metrics: a readable part, then 10 hex digits of SHA-256 over the
 * rule's identity. The hash makes it unique (`a/b` and `a-b` differ), and depends on nothing but the rule itself. At
 * most 51 characters of `[a-z0-9-]`, so that the name of a queue (80) or role (64) has room for its suffix.
 */
export function ruleId(rule: RuleIdentity): string {
  const readable = [rule.bucket, rule.prefix, rule.suffix]
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, READABLE_LENGTH)
    .replace(/^-+|-+$/g, '');
  const identity = JSON.stringify([rule.region, rule.bucket, rule.prefix, rule.suffix]);
  return `${readable}-${createHash('sha256').update(identity).digest('hex').slice(0, HASH_LENGTH)}`;
}
