import { createHash } from 'node:crypto';
import type { ReplicationRule } from './rule.ts';

/**
 * Means any text, since CloudWatch refuses empty dimension values. No filter may contain it (key-filter.ts), so
 * different rules have different values.
 */
const ANYTHING = '*';
/** Max length of a dimension value. */
const MAX_CHARACTERS = 1024;
const HASH_LENGTH = 16;

/** The dimensions of a rule's metrics: as many values as there are rules, however many objects and archives. */
export interface RuleDimensions {
  readonly SourceBucket: string;
  /** Prefix and suffix of the rule's keys, such as `logs/`, `logs/*.json`, or `*` for all keys. */
  readonly SourcePrefix: string;
}

/** The functions that write metrics and the alarms that watch them must use the same name. */
export function ruleDimensions({ source }: Pick<ReplicationRule, 'source'>): RuleDimensions {
  const { bucket, prefix, suffix } = source;
  const keys = suffix === '' && prefix !== '' ? prefix : `${prefix}${ANYTHING}${suffix}`;
  return { SourceBucket: bucket, SourcePrefix: asDimensionValue(keys) };
}

/**
 * A text as the value of a dimension. CloudWatch accepts ASCII without control characters, no leading colon, not all
 * blanks, and at most 1,024 characters. Everything else is percent-encoded, including `%`, so two texts never get the
 * same value; a value that is then too long ends in a hash.
 */
export function asDimensionValue(text: string): string {
  const encoded = text.replace(/%|[^\x20-\x7e]+|^:|^ +$/g, percentEncode);
  if (encoded.length <= MAX_CHARACTERS) return encoded;
  const hash = createHash('sha256').update(encoded).digest('hex').slice(0, HASH_LENGTH);
  return `${encoded.slice(0, MAX_CHARACTERS - HASH_LENGTH - 1)}~${hash}`;
}

function percentEncode(text: string): string {
  const bytes = Buffer.from(text).toString('hex').toUpperCase();
  return bytes.replace(/../g, '%$&');
}
