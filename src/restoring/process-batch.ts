import pLimit from 'p-limit';
import { ARCHIVE_SUFFIX } from '../archive/format.ts';
import { asCompressorError } from '../errors.ts';
import { Deadline } from '../messages/deadline.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { failedOutcome, type MessageOutcome, mostSevereOutcome } from '../messages/outcome.ts';
import { type ObjectCreated, parseNotification } from '../messages/parse-notification.ts';
import { type BatchResponse, settleBatch } from '../messages/settle-batch.ts';
import { STAGE_PREFIX } from '../storage/staged-part.ts';
import { archiveName, type InboundArchive, type RestoreRun, type RestoringDependencies } from './dependencies.ts';
import {
  ArchiveChangedError,
  ArchiveGoneError,
  ArchiveOverLimitsError,
  DeletionMemoryError,
  RunDeadlineError,
  UnexpectedEventError,
} from './errors.ts';
import { type RestoreEnd, restoreArchive } from './restore-archive.ts';

/** Seconds until an archive retries a table of deletions that does not respond. */
const OUTAGE_SECONDS = 120;

/**
 * Restores the archives in a batch of messages independently: if one fails, the others are still restored. Never
 * throws; the response says which messages return to the queue.
 * @param remainingMilliseconds what is left of this invocation
 */
export async function restoreBatch(
  messages: readonly QueueMessage[],
  remainingMilliseconds: () => number,
  dependencies: RestoringDependencies,
): Promise<BatchResponse> {
  const { limits, stop } = dependencies;
  using deadline = new Deadline(
    remainingMilliseconds() - limits.stopReserveMilliseconds,
    () => new RunDeadlineError('This invocation has run out of time; objects restored so far are kept'),
    stop,
  );
  const wholeRun = (remainingMilliseconds() - limits.startReserveMilliseconds) / 1000;
  const run = {
    ...dependencies,
    remainingMilliseconds,
    puts: pLimit(limits.parallelPuts),
    signal: deadline.signal,
    wholeRun,
  };
  const restore = restoreEachOnce(run);
  const processed = await Promise.all(
    messages.map(async (message) => ({ message, outcome: await messageOutcome(message, restore) })),
  );
  return await settleBatch(processed, dependencies);
}

type RestoreCreated = (created: ObjectCreated, isRedelivered: boolean) => Promise<MessageOutcome>;

async function messageOutcome(message: QueueMessage, restore: RestoreCreated): Promise<MessageOutcome> {
  try {
    const { created } = parseNotification(message.body);
    return mostSevereOutcome(await Promise.all(created.map((archive) => restore(archive, isRepeated(message)))));
  } catch (thrown) {
    return failedOutcome(asCompressorError(thrown));
  }
}

/** A requeued message has a new receive count. */
function isRepeated({ receiveCount, turns = 0 }: QueueMessage): boolean {
  return receiveCount > 1 || turns > 0;
}

/**
 * A staged part. The bucket's notification filter only matches archives, but an older one may have been in force when
 * the part was completed, so such a message is not a failure.
 */
function isStagedPart({ bucket, key }: ObjectCreated, { inboundBucket }: RestoreRun): boolean {
  return bucket === inboundBucket && key.startsWith(STAGE_PREFIX);
}

function refuseUnexpected({ bucket, key }: ObjectCreated, { inboundBucket }: RestoreRun): void {
  if (bucket === inboundBucket && key.endsWith(ARCHIVE_SUFFIX)) return;
  throw new UnexpectedEventError(
    `The event is for s3://${bucket}/${key}; this queue accepts only "*${ARCHIVE_SUFFIX}" of bucket "${inboundBucket}"`,
    { context: { bucket, key, expected: inboundBucket } },
  );
}

/** S3 may send several events for one archive; within a batch it is restored once for all of its events. */
function restoreEachOnce(run: RestoreRun): RestoreCreated {
  const turns = pLimit(run.limits.parallelArchives);
  const begun = new Map<string, Promise<MessageOutcome>>();
  return (created, isRedelivered) => {
    const version = JSON.stringify([created.bucket, created.key, created.etag]);
    const outcome = begun.get(version) ?? turns(() => restoreCreated(created, isRedelivered, run));
    begun.set(version, outcome);
    return outcome;
  };
}

async function restoreCreated(
  created: ObjectCreated,
  isRedelivered: boolean,
  run: RestoreRun,
): Promise<MessageOutcome> {
  const { bucket, key, etag, size, eventTime } = created;
  if (isStagedPart(created, run)) return { kind: 'done' };
  if (run.remainingMilliseconds() < run.limits.startReserveMilliseconds) return { kind: 'again' };
  try {
    refuseUnexpected(created, run);
    const end = await restoreStored({ bucket, key, etag, size, eventTime, isRedelivered }, run);
    return { kind: end === 'restored' ? 'done' : 'again' };
  } catch (thrown) {
    if (run.stop?.aborted === true) return { kind: 'again' };
    // Calls that are aborted by the deadline fail with different errors; the cause of all of them is the deadline.
    const error = run.signal.aborted ? interrupted(created) : asCompressorError(thrown);
    if (error instanceof ArchiveGoneError) {
      run.telemetry.archiveGone({ bucket, key });
      return { kind: 'done' };
    }
    if (error instanceof DeletionMemoryError && error.isOutage) return outage(error);
    return error instanceof ArchiveOverLimitsError ? { kind: 'over-limits', reason: error } : failedOutcome(error);
  }
}

/**
 * However long it lasts, waiting for the table does not count toward maxReceiveCount. Each wait costs a read of the
 * archive's tail and a query; if the objects were already written, and only the last query failed, also a HEAD of each:
 * nothing is written twice.
 */
function outage(reason: DeletionMemoryError): MessageOutcome {
  return { kind: 'again', seconds: OUTAGE_SECONDS, reason };
}

/**
 * Restores the archive of an event, or the version of it that is stored now. An archive's key is written once, so only
 * a resend makes another version, of the same bytes. Its own event then finds nothing left to do.
 */
async function restoreStored(archive: InboundArchive, run: RestoreRun): Promise<RestoreEnd> {
  try {
    return await restoreArchive(archive, run);
  } catch (thrown) {
    if (!(thrown instanceof ArchiveChangedError)) throw thrown;
    const stored = await run.store.head(archive, run.signal);
    // The HEAD says that it is gone, but S3 gives no reason for that: another attempt reads it.
    if (stored === undefined) throw thrown;
    return restoreArchive({ ...archive, etag: stored.etag, size: stored.size, isRedelivered: true }, run);
  }
}

function interrupted(archive: ObjectCreated): RunDeadlineError {
  const name = archiveName(archive);
  return new RunDeadlineError(
    `The invocation ended while ${name} was being restored. Raise the function's timeout if it repeats.`,
    {
      context: { archive: name },
    },
  );
}
