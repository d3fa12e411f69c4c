import { createHash } from 'node:crypto';
import type { ReplicationRule } from './rule.ts';

/** "Any text": CloudWatch refuses empty values of dimensions. No filter has it (key-filter.ts), so that rules stay apart. */
const ANYTHING = '*';
/** The longest value of a dimension. */
const MAX_CHARACTERS = 1024;
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
  return { SourceBucket: bucket, SourcePrefix: asDimensionValue(keys) };
}

/**
 * A text as the value of a dimension. CloudWatch takes ASCII without control characters, no colon in front, something else than
 * blanks, and 1,024 characters at most: everything else is percent-encoded, `%` too, so that two texts never become one value, and
 * what is too long then ends in a hash.
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
