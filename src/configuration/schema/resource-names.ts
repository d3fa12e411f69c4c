import { createHash } from 'node:crypto';

/**
 * Bucket names have the least room: `<prefix>-<account>-<region>-outbound` must fit into 63 characters, of which the
 * account (12), the longest region (14), the ending (8) and three hyphens take 37.
 */
const MAX_PREFIX = 26;
/**
 * Names of functions and roles may have 64 characters; this leaves 8 for an ending. Those of queues may have 80, of
 * alarms 255.
 */
const MAX_RULE_NAME = 56;
const HASH_LENGTH = 8;

/** The prefix of all resource names of a deployment: the stack's name, shortened with a hash if it is long. */
export function resourceNamePrefix(stackName: string): string {
  const name = stackName.toLowerCase();
  if (name.length <= MAX_PREFIX) return name.replace(/-+$/, '');
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_PREFIX - HASH_LENGTH - 1).replace(/-+$/, '')}-${hash}`;
}

/** Name of the queue of a fallback. @param name of the function whose work the fallback does */
export function fallbackQueueName(name: string): string {
  return `${name}-fallback`;
}

/** Ends the name of a rule's queue of existing objects. */
export const BACKFILL_QUEUE_ENDING = '-backfill';

/** Name of a rule's queue of existing objects. @param name of the rule's resources */
export function backfillQueueName(name: string): string {
  return `${name}${BACKFILL_QUEUE_ENDING}`;
}

/** Name of one of our buckets, as the stacks build it. */
export function ownBucketName(
  stackName: string,
  account: string,
  region: string,
  role: 'outbound' | 'inbound' | 'failed' | 'progress',
): string {
  return `${resourceNamePrefix(stackName)}-${account}-${region}-${role}`;
}

/**
 * Name of a rule's function and queue, and prefix of the rule's other resources. The hash at the end of the rule's id
 * makes it unique; only the readable part before it is shortened.
 * @param id see rule-id.ts
 */
export function ruleResourceName(stackName: string, id: string): string {
  const prefix = resourceNamePrefix(stackName);
  const hash = id.slice(id.lastIndexOf('-') + 1);
  const readable = id.slice(0, id.lastIndexOf('-'));
  const room = MAX_RULE_NAME - prefix.length - hash.length - 2;
  return [prefix, readable.slice(0, room).replace(/-+$/, ''), hash].filter((part) => part !== '').join('-');
}
