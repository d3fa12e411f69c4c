import pLimit from 'p-limit';
import { completeEntry, listedPrefix } from '../backfill/object-filter.ts';
import { OrderedWork } from '../backfill/ordered-work.ts';
import { PeriodicCheckpoint } from '../backfill/periodic-checkpoint.ts';
import { RateLimiter, type RateLimits } from '../backfill/rate-limiter.ts';
import type { ListedObject } from '../listing/dependencies.ts';
import { listObjects } from '../listing/list-objects.ts';
import { backfillMessage } from '../messages/backfill-message.ts';
import { type ComparedKey, compareKey, type KeyComparison } from './compare-key.ts';
import { EtagReliability } from './compare-listed.ts';
import {
  type ComparedBucket,
  noVerificationCounts,
  type VerificationCounts,
  type VerificationDependencies,
} from './dependencies.ts';
import { type JoinedKey, joinListings, type SortedListing } from './join-listings.ts';

export interface VerificationRequest extends Omit<KeyComparison, 'listedAt'> {
  readonly pace: RateLimits;
  /** Where an earlier run stopped, and its counts. */
  readonly resumed?: { readonly key: string; readonly counts: VerificationCounts } | undefined;
}

/** Concurrent chunks of up to 1,000 keys. */
const CHUNKS_IN_WORK = 4;
/** Concurrent HEADs and reads of all chunks together. */
const LOOKS = 64;

/**
 * Compares every object that matches rule and filter with its copies at all destinations of the rule, and queues wrong
 * ones for repair if there is a queue. Nothing is deleted.
 * @returns the counts, including those of earlier runs
 * @throws the errors of the storage port, UnavailableQueueError, the reason of the signal; the checkpoint is saved
 * before
 */
export async function runVerification(
  request: VerificationRequest,
  dependencies: VerificationDependencies,
): Promise<VerificationCounts> {
  const { resumed, signal } = request;
  const { clock, checkpoint, onProgress, onFinding } = dependencies;
  const counts = { ...noVerificationCounts(), ...resumed?.counts };
  const options: KeyComparison = { ...request, ...timesOf(request, dependencies) };
  const pace = new RateLimiter(request.pace, clock);
  const etags = new EtagReliability();
  const looks = pLimit(LOOKS);
  const kept = new PeriodicCheckpoint(resumed?.key, clock, (key) => checkpoint(key, { ...counts }));
  const work = new OrderedWork<ComparedChunk>(CHUNKS_IN_WORK, (chunk) => {
    kept.position = chunk.last;
    counts.compared += chunk.keys.length;
    for (const { counts: counted, findings } of chunk.results) {
      for (const name of Object.keys(counted) as (keyof VerificationCounts)[]) counts[name] += counted[name] ?? 0;
      findings.forEach(onFinding);
    }
    counts.repaired += chunk.repaired;
    onProgress(counts);
  });
  try {
    for await (const joined of joinListings(listingsOf(request, dependencies))) {
      for (let at = 0; at < joined.length; at += pace.chunk) {
        signal.throwIfAborted();
        const keys = joined.slice(at, at + pace.chunk);
        const chunk: ComparedChunk = { keys, last: keys.at(-1)?.key ?? '', results: [], repaired: 0 };
        await work.add(chunk, async () => {
          await pace.admit(keys.length, 0, signal);
          chunk.results = await compareAll(keys, options, etags, looks, dependencies);
          chunk.repaired = await repairAll(chunk.results, pace, request, dependencies);
        });
        await kept.saveWhenDue();
      }
    }
    await work.finish();
  } finally {
    await work.settled();
    await kept.save();
  }
  return counts;
}

interface ComparedChunk {
  readonly keys: readonly JoinedKey[];
  readonly last: string;
  results: readonly ComparedKey[];
  repaired: number;
}

function listingsOf(request: VerificationRequest, { source, destinations }: VerificationDependencies): SortedListing[] {
  const { rule, filter, resumed, signal } = request;
  const prefix = listedPrefix(rule, filter) ?? rule.source.prefix;
  const list = (compared: ComparedBucket, bucket: string, before: string): SortedListing => {
    const after = resumed === undefined ? undefined : `${before}${resumed.key}`;
    return { prefix: before, pages: listBucket(compared, bucket, `${before}${prefix}`, after, signal) };
  };
  return [
    list(source, rule.source.bucket, ''),
    ...destinations.map((compared) =>
      list(compared, compared.destination.bucket, compared.destination.targetPrefix ?? ''),
    ),
  ];
}

async function* listBucket(
  { pager, inventory }: ComparedBucket,
  bucket: string,
  prefix: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedObject[], void> {
  if (inventory === undefined) {
    const startAfter = after === undefined ? {} : { startAfter: after };
    yield* listObjects(pager, { bucket, prefixes: [prefix], order: 'key', signal, ...startAfter });
  } else for await (const page of inventory.read(prefix, after, signal)) yield page.map(completeEntry);
}

/** Inventories are older: objects written since are in none of them, or in only one. */
function timesOf(
  { dueBefore }: VerificationRequest,
  { source, destinations, clock }: VerificationDependencies,
): Pick<KeyComparison, 'listedAt' | 'dueBefore'> {
  const now = clock.now();
  const listedAt = source.inventory?.created ?? now;
  const earliest = Math.min(listedAt, ...destinations.map(({ inventory }) => inventory?.created ?? now));
  return { listedAt, dueBefore: dueBefore - (now - earliest) };
}

/** Most keys need no request, and therefore no turn of the event loop. */
async function compareAll(
  keys: readonly JoinedKey[],
  options: KeyComparison,
  etags: EtagReliability,
  looks: ReturnType<typeof pLimit>,
  dependencies: VerificationDependencies,
): Promise<ComparedKey[]> {
  return looks.map(keys, (key) => compareKey(key, options, etags, dependencies));
}

async function repairAll(
  results: readonly ComparedKey[],
  pace: RateLimiter,
  { rule, signal }: VerificationRequest,
  { queue, clock }: VerificationDependencies,
): Promise<number> {
  const repairs = results.flatMap(({ repair }) => repair ?? []);
  if (queue === undefined || repairs.length === 0) return 0;
  // The pace was already applied when the objects were compared; bytes count only repaired objects.
  await pace.admit(
    0,
    repairs.reduce((sum, { object }) => sum + object.size, 0),
    signal,
  );
  signal.throwIfAborted();
  const message = ({ object, order }: { readonly object: ListedObject; readonly order: number }): string =>
    backfillMessage(
      { bucket: rule.source.bucket, key: object.key, etag: object.etag, size: object.size, order },
      clock.now(),
    );
  await queue.send(repairs.map(message));
  return repairs.length;
}
