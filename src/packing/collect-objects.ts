import { ruleMatches } from '../configuration/rule.ts';
import { asCompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { failedOutcome } from '../messages/outcome.ts';
import { type ObjectCreated, parseNotification } from '../messages/parse-notification.ts';
import { compareWrites } from '../messages/sequencer.ts';
import type { BatchLedger } from './batch-ledger.ts';
import type { SourceDependencies } from './dependencies.ts';
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

/** What one message says of one object. */
export interface WrittenObject {
  readonly object: ObjectCreated;
  readonly message: QueueMessage;
}

type CollectDependencies = Pick<SourceDependencies, 'rule' | 'ownPrincipals' | 'telemetry'>;

/**
 * The objects of a batch, each key once: of several writes to a key only the last is packed. What needs no packing is
 * noted in the ledger at once.
 */
export function collectObjects(
  messages: readonly QueueMessage[],
  ledger: BatchLedger,
  dependencies: CollectDependencies,
): PackItem[] {
  const claims = new Map<string, WrittenObject[]>();
  for (const message of messages) {
    for (const object of readMessage(message, ledger, dependencies)) {
      const writes = claims.get(object.key);
      if (writes === undefined) claims.set(object.key, [{ object, message }]);
      else writes.push({ object, message });
    }
  }
  return [...claims.values()].map((writes) => lastWrite(writes, dependencies));
}

function readMessage(message: QueueMessage, ledger: BatchLedger, dependencies: CollectDependencies): ObjectCreated[] {
  const { rule, ownPrincipals, telemetry } = dependencies;
  try {
    const wanted = parseNotification(message.body).created.filter((object) => {
      if (object.bucket !== rule.source.bucket) throw foreignBucket(object, rule.source.bucket);
      if (!ruleMatches(rule, object.bucket, object.key)) telemetry.objectSkipped(object, 'not-in-rule');
      else if (!rule.source.chain && isByOwnPrincipal(object, ownPrincipals))
        telemetry.objectSkipped(object, 'own-write');
      else return true;
      return false;
    });
    ledger.expect(message, wanted.length);
    return wanted;
  } catch (thrown) {
    ledger.expect(message, 1);
    ledger.note(message, failedOutcome(asCompressorError(thrown)));
    return [];
  }
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

function foreignBucket(object: ObjectCreated, expected: string): ForeignBucketError {
  return new ForeignBucketError(
    `The queue of the rule for bucket "${expected}" got an event of bucket "${object.bucket}". Check that bucket's notifications.`,
    { context: { bucket: object.bucket, key: object.key, expected } },
  );
}
