import { createHash } from 'node:crypto';

/**
 * Buckets have the tightest names of all: `<prefix>-<account>-<region>-outbound` must fit into 63 characters, of which
 * account (12), the longest region (14), the ending (8) and three hyphens take 37.
 */
const MAX_PREFIX = 26;
/** Functions and roles have 64 characters; this leaves 8 for an ending. Queues have 80 and alarms 255. */
const MAX_RULE_NAME = 56;
const HASH_LENGTH = 8;

/** What the names of all resources of a deployment begin with: the stack's name, shortened with a hash where it is long. */
export function resourceNamePrefix(stackName: string): string {
  const name = stackName.toLowerCase();
  if (name.length <= MAX_PREFIX) return name.replace(/-+$/, '');
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_PREFIX - HASH_LENGTH - 1).replace(/-+$/, '')}-${hash}`;
}

/** Name of the queue of a fallback. @param name of the function whose work it takes */
export function fallbackQueueName(name: string): string {
  return `${name}-fallback`;
}

/** Ends the name of a rule's queue of existing objects. */
export const BACKFILL_QUEUE_ENDING = '-backfill';

/** Name of a rule's queue of existing objects. @param name of the rule's resources */
export function backfillQueueName(name: string): string {
  return `${name}${BACKFILL_QUEUE_ENDING}`;
}

/** Name of a bucket of ours, as the stacks make it. */
export function ownBucketName(
  stackName: string,
  account: string,
  region: string,
  role: 'outbound' | 'inbound' | 'failed' | 'progress',
): string {
  return `${resourceNamePrefix(stackName)}-${account}-${region}-${role}`;
}

/**
 * Name of a rule's function and queue, and beginning of what else is the rule's. What makes it unique is the hash at the end
 * of the rule's id; only the readable part before it is shortened.
 * @param id see rule-id.ts
 */
export function ruleResourceName(stackName: string, id: string): string {
  const prefix = resourceNamePrefix(stackName);
  const hash = id.slice(id.lastIndexOf('-') + 1);
  const readable = id.slice(0, id.lastIndexOf('-'));
  const room = MAX_RULE_NAME - prefix.length - hash.length - 2;
  return [prefix, readable.slice(0, room).replace(/-+$/, ''), hash].filter((part) => part !== '').join('-');
}
