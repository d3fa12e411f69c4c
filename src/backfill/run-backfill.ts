import type { ReplicationRule } from '../configuration/rule.ts';
import type { ListedObject } from '../listing/dependencies.ts';
import { backfillMessage, orderOfListedObject } from '../messages/backfill-message.ts';
import type { Clock, EntryPage, EntrySource, ExistingObjectQueue } from './dependencies.ts';
import { completeEntry, judgeObject, type ObjectFilter } from './object-filter.ts';
import { OrderedWork } from './ordered-work.ts';
import { PeriodicCheckpoint } from './periodic-checkpoint.ts';
import { RateLimiter, type RateLimits } from './rate-limiter.ts';

/** The work that a backfill has done so far. */
export interface BackfillCounts {
  /** Objects listed by the source of keys. */
  listed: number;
  queued: number;
  /** Of the queued objects. */
  queuedBytes: number;
  /** Not matched by the rule, or not selected. */
  leftOut: number;
  /** In a storage class that cannot be read. */
  archived: number;
}

export interface BackfillRequest {
  readonly rule: ReplicationRule;
  readonly filter: ObjectFilter;
  readonly pace: RateLimits;
  /** Where an earlier run stopped, and its counts. */
  readonly resumed?: { readonly position: string; readonly counts: BackfillCounts } | undefined;
  readonly signal: AbortSignal;
}

export interface BackfillDependencies {
  readonly source: EntrySource;
  readonly queue: ExistingObjectQueue;
  readonly clock: Clock;
  /** Saves the progress: everything up to the position is queued. Called periodically, and at the end. */
  readonly checkpoint: (position: string, counts: BackfillCounts) => Promise<void>;
  readonly onProgress: (counts: BackfillCounts) => void;
  /** Called for each archived object; nothing else reports these. */
  readonly onArchived: (object: ListedObject) => void;
}

/** Chunks of up to 1,000 objects that are sent to SQS concurrently. */
const CHUNKS_IN_WORK = 8;

export function noCounts(): BackfillCounts {
  return { listed: 0, queued: 0, queuedBytes: 0, leftOut: 0, archived: 0 };
}

/** Adds the second to the first. */
export function addCounts(sum: BackfillCounts, more: Readonly<BackfillCounts>): void {
  for (const name of Object.keys(sum) as (keyof BackfillCounts)[]) sum[name] += more[name];
}

/**
 * Queues every object that matches rule and filter. After an interruption there is a position up to which everything is
 * queued; a run that resumes there queues a few objects twice, which changes nothing at the target.
 * @returns the counts, including those of earlier runs
 * @throws UnavailableQueueError, IncompleteEntryError, what the source throws, the reason of the signal; the checkpoint
 * is saved before
 */
export async function runBackfill(
  request: BackfillRequest,
  dependencies: BackfillDependencies,
): Promise<BackfillCounts> {
  const { signal, resumed } = request;
  const { source, clock, checkpoint, onProgress } = dependencies;
  const counts = { ...(resumed?.counts ?? noCounts()) };
  const pace = new RateLimiter(request.pace, clock);
  const kept = new PeriodicCheckpoint(resumed?.position, clock, (position) => checkpoint(position, { ...counts }));
  const work = new OrderedWork<CountedChunk>(CHUNKS_IN_WORK, (chunk) => {
    kept.position = chunk.position;
    addCounts(counts, chunk.counts);
    onProgress(counts);
  });
  try {
    for await (const page of source.read(resumed?.position, signal)) {
      for (let at = 0; at < page.entries.length; at += pace.chunk) {
        const { taken, ...counted } = selectChunk(page, at, pace.chunk, request, dependencies);
        await work.add(counted, () => queueObjects(taken, pace, request, dependencies));
        await kept.saveWhenDue();
      }
    }
    await work.finish();
  } finally {
    await work.settled();
    if (kept.position !== undefined) kept.position = source.rewind?.(kept.position) ?? kept.position;
    await kept.save();
  }
  return counts;
}

interface CountedChunk {
  readonly position: string;
  readonly counts: BackfillCounts;
}

function selectChunk(
  { entries, positionAfter }: EntryPage,
  at: number,
  length: number,
  { rule, filter }: BackfillRequest,
  { onArchived }: BackfillDependencies,
): CountedChunk & { readonly taken: readonly ListedObject[] } {
  const end = Math.min(entries.length, at + length);
  const counts = { ...noCounts(), listed: end - at };
  const taken: ListedObject[] = [];
  for (const entry of entries.slice(at, end)) {
    const object = completeEntry(entry);
    switch (judgeObject(object, rule, filter)) {
      case 'taken':
        taken.push(object);
        counts.queuedBytes += object.size;
        break;
      case 'archived':
        counts.archived += 1;
        onArchived(object);
        break;
      case 'left-out':
        counts.leftOut += 1;
    }
  }
  counts.queued = taken.length;
  return { position: positionAfter(end - 1), counts, taken };
}

async function queueObjects(
  objects: readonly ListedObject[],
  pace: RateLimiter,
  { rule, signal }: BackfillRequest,
  { queue, clock }: BackfillDependencies,
): Promise<void> {
  if (objects.length === 0) return;
  const { bucket } = rule.source;
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  await pace.admit(objects.length, bytes, signal);
  signal.throwIfAborted();
  const now = clock.now();
  await queue.send(
    objects.map(({ key, etag, size, lastModified }) =>
      backfillMessage({ bucket, key, etag, size, order: orderOfListedObject(lastModified) }, now),
    ),
  );
}
