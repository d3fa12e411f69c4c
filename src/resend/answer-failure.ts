import type { MessageOutcome } from '../messages/outcome.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import { ObjectNotFoundError } from '../storage/errors.ts';
import type { WriteCondition } from '../storage/object-store.ts';
import type { ObjectDescription } from '../storage/stored-object.ts';
import { keptRecordOf, resendsOf, withKeptRecord, withResends } from './archive-metadata.ts';
import { decideResend } from './decide-resend.ts';
import type { ResendRun } from './dependencies.ts';
import { FailureForeignError } from './errors.ts';
import { keptKey } from './kept-key.ts';

const DONE: MessageOutcome = { kind: 'done' };

/**
 * Does what `decideResend` says about one failed replication.
 * @param mayWait see there
 * @throws FailureForeignError and what the storage throws
 */
export async function answerFailure(
  failure: ReplicationFailure,
  mayWait: boolean,
  run: ResendRun,
): Promise<MessageOutcome> {
  const { store, telemetry, limits, signal } = run;
  refuseForeign(failure, run);
  const [failed, current] = await Promise.all([store.describeVersion(failure, signal), store.head(failure, signal)]);
  const decision = decideResend(
    {
      resends: failed && resendsOf(failed.metadata),
      versionId: failure.versionId,
      currentVersionId: current?.versionId,
      secondsSinceFailure: (run.now() - failure.eventTime) / 1000,
      mayWait,
    },
    limits,
  );
  if (failed === undefined || decision.kind === 'gone') {
    telemetry.archiveGone(failure);
    return DONE;
  }
  switch (decision.kind) {
    case 'superseded':
      telemetry.failureSkipped(failure, 'superseded');
      return DONE;
    case 'wait':
      return { kind: 'later', seconds: decision.seconds };
    case 'resend':
    case 'give-up':
      try {
        if (decision.kind === 'give-up') await keep(failure, failed, run);
        else await putAgain(failure, { failed, current, attempt: decision.attempt }, run);
      } catch (thrown) {
        // The version went in between.
        if (!(thrown instanceof ObjectNotFoundError)) throw thrown;
        telemetry.archiveGone(failure);
      }
      return DONE;
  }
}

interface Attempt {
  readonly failed: ObjectDescription;
  readonly current: ObjectDescription | undefined;
  readonly attempt: number;
}

/** A new version of the same key, which S3 replicates to all destinations of its rule anew. */
async function putAgain(
  failure: ReplicationFailure,
  { failed, current, attempt }: Attempt,
  { store, telemetry, signal }: ResendRun,
): Promise<void> {
  // Of two runs with the same event one wins; the other comes back and finds the event superseded.
  const condition: WriteCondition =
    current === undefined ? { kind: 'absent' } : { kind: 'matches', etag: current.etag };
  await store.copy({
    bucket: failure.bucket,
    key: failure.key,
    ...carriedOver(failed),
    metadata: withResends(failed.metadata, attempt),
    source: sourceOf(failure, failed),
    condition,
    signal,
  });
  telemetry.archiveResent(failure, attempt);
}

/** Copies the archive to where nothing expires, once a version; each destination that it missed is noted on it. */
async function keep(failure: ReplicationFailure, failed: ObjectDescription, run: ResendRun): Promise<void> {
  const { store, telemetry, signal } = run;
  const { versionId, destination, reason } = failure;
  const kept = { bucket: run.failedBucket, key: keptKey(failure.key) };
  const present = await store.head(kept, signal);
  const record = keptRecordOf(present?.metadata ?? {});
  const before = record?.versionId === versionId ? record.failures : [];
  if (before.some((known) => known.destination === destination)) {
    telemetry.failureSkipped(failure, 'kept-before');
    return;
  }
  const failures = [...before, { destination, reason }];
  await store.copy({
    ...kept,
    ...carriedOver(failed),
    metadata: withKeptRecord(failed.metadata, { versionId, failures, keptAt: new Date(run.now()).toISOString() }),
    source: sourceOf(failure, failed),
    // What another run notes at the same time must not be lost.
    condition: present === undefined ? { kind: 'absent' } : { kind: 'matches', etag: present.etag },
    signal,
  });
  telemetry.archiveGivenUp(failure, kept);
}

function carriedOver({ headers }: ObjectDescription) {
  return { headers, tags: [] };
}

function sourceOf({ bucket, key, versionId }: ReplicationFailure, { etag, size, crc32 }: ObjectDescription) {
  return { bucket, key, versionId, etag, size, crc32 };
}

function refuseForeign({ bucket, key }: ReplicationFailure, { outboundBucket }: ResendRun): void {
  if (bucket === outboundBucket) return;
  throw new FailureForeignError(
    `The failed replication is of s3://${bucket}/${key}; this queue is for archives of bucket "${outboundBucket}" only`,
    { context: { bucket, key, expected: outboundBucket } },
  );
}
