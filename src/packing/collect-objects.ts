import { replicatesDeletes, ruleMatches } from '../configuration/rule.ts';
import { asCompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { failedOutcome } from '../messages/outcome.ts';
import {
  type Notification,
  type ObjectCreated,
  type ObjectRemoved,
  parseNotification,
} from '../messages/parse-notification.ts';
import { compareWrites } from '../messages/sequencer.ts';
import type { BatchLedger } from './batch-ledger.ts';
import type { PackingDependencies } from './dependencies.ts';
import { ForeignBucketError } from './errors.ts';
import { isByOwnPrincipal } from './own-write.ts';

/** One object version to pack, and the messages that wait for it. */
export interface PackItem {
  readonly object: ObjectCreated;
  /** The messages that named exactly this version; more than one when S3 sent its event twice. */
  readonly messages: readonly QueueMessage[];
  /** Earlier writes to the same key in this batch, the last one first. */
  readonly superseded: readonly WrittenObject[];
}

/** An object in a message. */
export interface WrittenObject {
  readonly object: ObjectCreated;
  readonly message: QueueMessage;
}

/** A removal in a message. */
export interface RemovalEvent {
  readonly removed: ObjectRemoved;
  readonly message: QueueMessage;
}

/** The work in a batch. */
export interface CollectedBatch {
  readonly items: PackItem[];
  /** Removals by key; empty if no destination of the rule replicates deletions. */
  readonly removals: ReadonlyMap<string, readonly RemovalEvent[]>;
}

type CollectDependencies = Pick<PackingDependencies, 'rule' | 'ownPrincipals' | 'telemetry'>;

/**
 * The objects of a batch, each key once: of several writes to a key only the last is packed; and its removals. Entries
 * that need no packing are noted in the ledger at once.
 */
export function collectObjects(
  messages: readonly QueueMessage[],
  ledger: BatchLedger,
  dependencies: CollectDependencies,
): CollectedBatch {
  const claims = new Map<string, WrittenObject[]>();
  const removals = new Map<string, RemovalEvent[]>();
  for (const message of messages) {
    const { created, removed } = readMessage(message, ledger, dependencies);
    for (const object of created) addTo(claims, object.key, { object, message });
    for (const removal of removed) addTo(removals, removal.key, { removed: removal, message });
  }
  return { items: [...claims.values()].map((writes) => lastWrite(writes, dependencies)), removals };
}

function addTo<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

type WantedEvents = Pick<Notification, 'created' | 'removed'>;

function readMessage(message: QueueMessage, ledger: BatchLedger, dependencies: CollectDependencies): WantedEvents {
  const { rule, ownPrincipals, telemetry } = dependencies;
  const { source } = rule;
  const isWanted = (object: ObjectCreated | ObjectRemoved): boolean => {
    if (object.bucket !== source.bucket) throw foreignBucket(object, source.bucket);
    if (!ruleMatches(rule, object.bucket, object.key)) telemetry.objectSkipped(object, 'not-in-rule');
    else if (!source.chain && isByOwnPrincipal(object, ownPrincipals)) telemetry.objectSkipped(object, 'own-write');
    else return true;
    return false;
  };
  try {
    const { created, removed } = parseNotification(message.body, { includesRemovals: replicatesDeletes(rule) });
    const wanted = {
      created: created.filter(isWanted),
      removed: removed.filter((removal) => isReplicated(removal, rule) && isWanted(removal)),
    };
    ledger.expect(message, wanted.created.length + wanted.removed.length);
    return wanted;
  } catch (thrown) {
    ledger.expect(message, 1);
    ledger.note(message, failedOutcome(asCompressorError(thrown)));
    return { created: [], removed: [] };
  }
}

/**
 * Whether a removal needs work. A lifecycle removal does only if the rule says so, and never if it names a version.
 * A lifecycle removes noncurrent versions, and markers without versions below them: the current version stays the same.
 */
function isReplicated({ isByLifecycle, removal }: ObjectRemoved, rule: PackingDependencies['rule']): boolean {
  return !isByLifecycle || (rule.source.lifecycleDeletes === true && removal === 'deleted');
}

function lastWrite(writes: readonly WrittenObject[], { telemetry }: CollectDependencies): PackItem {
  const [first, ...rest] = writes.toSorted((left, right) => compareWrites(right.object, left.object));
  if (first === undefined) throw new RangeError('A key without a write cannot be collected');
  const same = rest.filter(({ object }) => isSameWrite(object, first.object));
  const superseded = rest.filter(({ object }) => !isSameWrite(object, first.object));
  for (const { object } of superseded) telemetry.objectSkipped(object, 'superseded');
  return {
    object: first.object,
    messages: [first, ...same].map(({ message }) => message),
    superseded,
  };
}

function isSameWrite(left: ObjectCreated, right: ObjectCreated): boolean {
  return compareWrites(left, right) === 0 && left.etag === right.etag;
}

function foreignBucket(object: ObjectCreated | ObjectRemoved, expected: string): ForeignBucketError {
  return new ForeignBucketError(
    `The queue of the rule for bucket "${expected}" got an event about bucket "${object.bucket}". Check that bucket's notifications.`,
    { context: { bucket: object.bucket, key: object.key, expected } },
  );
}
