import { createHash } from 'node:crypto';
import type { ReplicationRule } from './rule.ts';

/** "Any text": CloudWatch refuses empty values of dimensions. No filter has it (key-filter.ts), so that rules stay apart. */
const ANYTHING = '*';
/** CloudWatch's limit for the value of a dimension. */
const LONGEST_VALUE = 1024;
const HASH_LENGTH = 16;

/** What a rule's metrics are told apart by: as many values as there are rules, however many objects and archives. */
export interface RuleDimensions {
  readonly SourceBucket: string;
  /** Prefix and suffix of the rule's keys, such as `logs/`, `logs/*.json`, or `*` for all keys. */
  readonly SourcePrefix: string;
}

/** The functions that write metrics and the alarms that watch them have to agree in this. */
export function ruleDimensions({ source }: Pick<ReplicationRule, 'source'>): RuleDimensions {
  const { bucket, prefix, suffix } = source;
  const keys = suffix === '' && prefix !== '' ? prefix : `${prefix}${ANYTHING}${suffix}`;
  return { SourceBucket: bucket, SourcePrefix: dimensionValue(keys) };
}

/**
 * CloudWatch takes visible ASCII only; keys may have any Unicode. What is over the limit ends in a hash of the whole, so
 * that two long filters are still two values.
 */
function dimensionValue(text: string): string {
  const visible = text.replace(/[^!-~]|%/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
  );
  if (visible.length <= LONGEST_VALUE) return visible;
  const hash = createHash('sha256').update(visible).digest('hex').slice(0, HASH_LENGTH);
  return `${visible.slice(0, LONGEST_VALUE - HASH_LENGTH - 1)}~${hash}`;
}
