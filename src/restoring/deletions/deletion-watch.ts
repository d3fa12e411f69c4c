import { parseKeyTime } from '../../archive/key-time.ts';
import type { ManifestDeletion, ManifestObject } from '../../archive/manifest.ts';
import type { Destination } from '../../configuration/rule.ts';
import { asCompressorError } from '../../errors.ts';
import { WriteConditionError } from '../../storage/errors.ts';
import { isBeforeDeletion, type ProvenanceStamp, relateStamps } from '../../storage/provenance.ts';
import { archiveName, type InboundArchive, type KeyRemovalHistory } from '../dependencies.ts';
import { DeletionMemoryError } from '../errors.ts';
import { locationAt, type RestorableObject, writtenBeforeRemoval } from '../restorable-object.ts';
import type { WriteContext } from '../settle-write.ts';
import { deleteObject, deletionStamp, settleDeletion } from './delete-object.ts';
import type { DeletionKind, DeletionMemory, SourceDeletion } from './deletion-memory.ts';
import { undoRestoredWrite } from './undo-restored-write.ts';

/** More than the difference between the clocks of S3 and our processes plus the time to write a record. */
const CLOCK_MARGIN_MILLISECONDS = 900_000;

/**
 * Watches over an archive if one of its destinations replicates deletions.
 * @returns undefined if none does: then nothing is queried, and the archive's deletions are not carried out
 * @throws DeletionMemoryError: then nothing was written
 */
export async function watchDeletions(
  { destinations, ...watched }: WatchRequest,
  context: WriteContext,
): Promise<DeletionWatch | undefined> {
  const isDeleting = destinations.some(({ deletes }) => deletes === 'replicate');
  return isDeleting ? DeletionWatch.open({ ...watched, destinations }, context) : undefined;
}

/** The properties of an object that show whether a deletion came after it. */
export type WatchedObject = Pick<ManifestObject, 'key' | 'event_time'> &
  Partial<Pick<ManifestObject, 'by_removal' | 'creation_time'>>;

export interface WatchRequest {
  readonly archive: InboundArchive;
  readonly rule: string;
  /** Origin of the rule's source, see `originOf`. */
  readonly origin: string;
  /** Those of this region. */
  readonly destinations: readonly Destination[];
  readonly objects: readonly WatchedObject[];
  readonly deletions: readonly ManifestDeletion[];
  /** The object at an index of `objects`. */
  readonly describe: (index: number) => RestorableObject | undefined;
  /**
   * The archive has times in whole seconds, and no sequencers: an object with the same second as a deletion may be
   * newer.
   */
  readonly isInWholeSeconds?: true;
}

/**
 * Keeps the objects of an archive, and its deletions, in the order of the source, where deletions are replicated.
 *
 * A deletion is recorded before anything is deleted; an object is written before the last query. So when a deletion and
 * an earlier write run concurrently, one always sees the other:
 *
 * | the write's last query is | then                                                                     |
 * |---------------------------|--------------------------------------------------------------------------|
 * | after the record          | it knows of the deletion: the object is not written, or is deleted again |
 * | before the record         | it was written before the deletion checks the key, and is then deleted   |
 *
 * There is also a query before the first write, so that an object that was deleted days ago does not appear for a
 * moment.
 */
export class DeletionWatch implements KeyRemovalHistory {
  readonly #watched: WatchRequest;
  /** Those that replicate deletions. */
  readonly #deleting: readonly Destination[];
  readonly #context: WriteContext;
  readonly #memory: DeletionMemory;
  /** When the earliest of its objects with an event was written. */
  readonly #archivedAt: number;
  readonly #openedAt: number;
  #known: KnownDeletions = new Map();
  /** Deletions since the version that is now current was written; only for keys with a removed version. */
  #former: KnownDeletions = new Map();
  /** Notes recorded in this attempt, by key. */
  readonly #notes = new Map<string, Promise<void>>();
  readonly #left: LeftObject[] = [];
  #failure: DeletionMemoryError | undefined;

  private constructor(watched: WatchRequest, memory: DeletionMemory, context: WriteContext) {
    this.#watched = watched;
    this.#deleting = watched.destinations.filter(({ deletes }) => deletes === 'replicate');
    this.#memory = memory;
    this.#context = context;
    const { key } = watched.archive;
    this.#archivedAt = parseKeyTime(key.slice(key.lastIndexOf('/') + 1)) ?? Number.NEGATIVE_INFINITY;
    this.#openedAt = context.run.now();
  }

  /**
   * Keeps the deletions of the archive, and asks for those of its objects. Some destination must replicate deletions.
   * @throws DeletionMemoryError: then nothing was written
   */
  static async open(watched: WatchRequest, context: WriteContext): Promise<DeletionWatch> {
    const { deletions: memory, signal } = context.run;
    if (memory === undefined) throw noMemory(watched);
    const watch = new DeletionWatch(watched, memory, context);
    const { rule, deletions } = watched;
    if (deletions.length > 0) await memory.record(rule, deletions.map(sourceDeletion), watch.#openedAt, signal);
    watch.#known = await watch.#recall(watch.#earliest(), watch.#names());
    watch.#former = await watch.#recallFormer();
    return watch;
  }

  /** The number of deletions at all destinations together. */
  get deletionsDue(): number {
    return this.#watched.deletions.length * this.#deleting.length;
  }

  /** Whether the object was deleted at the source after it was written. */
  isDeleted(object: RestorableObject): boolean {
    return this.#isDeletedBy(object, this.#known);
  }

  /**
   * Whether a version was removed after it was written, and the version that is now current had arrived before: then a
   * consumer's change is kept.
   */
  isSuperseded(object: RestorableObject): boolean {
    return this.#isDeletedBy(object, this.#known, 'note');
  }

  /** Whether its key was ever deleted, as far as is known: the same object may have existed there before. */
  wasDeletedBefore({ key }: { readonly key: string }): boolean {
    return ofKind(this.#known.get(key), 'deletion').length > 0;
  }

  /** Deletes an object that `isDeleted` if an earlier attempt has written it. @throws the errors of the storage port */
  deleteEarlier(object: RestorableObject, destination: Destination): Promise<void> {
    return this.#delete(object, destination, this.#known);
  }

  wasDeletedBetween(key: string, first: ProvenanceStamp, second: ProvenanceStamp): boolean {
    return this.#liesBetween(this.#former.get(key), first, second);
  }

  noteRemoval({ key, stamp: { eventTime, sequencer } }: RestorableObject): Promise<void> {
    const { rule } = this.#watched;
    const noting =
      this.#notes.get(key) ??
      this.#memory
        .record(rule, [{ key, kind: 'note', eventTime, sequencer }], this.#context.run.now(), this.#context.run.signal)
        .catch((thrown: unknown) => {
          // If the memory was unavailable, the archive waits for it, regardless of the other objects' results.
          if (thrown instanceof DeletionMemoryError) this.#failure ??= thrown;
          throw thrown;
        });
    this.#notes.set(key, noting);
    return noting;
  }

  leave(object: RestorableObject, destination: Destination, found: ProvenanceStamp): void {
    this.#left.push({ object, destination, found });
  }

  /**
   * After all objects are written: deletes those whose deletion was recorded in the meantime, and carries out the
   * archive's deletions. Rejects only if the memory is unavailable.
   * @throws DeletionMemoryError
   */
  async finish(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { run, progress } = this.#context;
    const { objects, deletions, destinations, origin } = this.#watched;
    const later = await this.#recall(
      this.#openedAt,
      objects.map(({ key }) => key),
    );
    for (const { object, destination, found } of this.#left) {
      if (this.#liesBetween(later.get(object.key), found, object.stamp)) {
        progress.fail(locationAt(object, destination), deletedMeanwhile(object, destination));
      }
    }
    await Promise.all(
      objects.flatMap(({ key }, index) => {
        if (!later.has(key)) return [];
        const object = this.#watched.describe(index);
        if (object === undefined || this.isDeleted(object) || this.isSuperseded(object)) return [];
        if (this.#isDeletedBy(object, later)) {
          return this.#deleting.map((destination) =>
            run.puts(() => this.#settleLater(object, destination, () => this.#delete(object, destination, later))),
          );
        }
        if (!this.#isDeletedBy(object, later, 'note')) return [];
        return destinations.map((destination) =>
          run.puts(() => this.#settleLater(object, destination, () => undoRestoredWrite(object, destination, run))),
        );
      }),
    );
    await Promise.all(
      deletions.flatMap((entry) => {
        const deletion = sourceDeletion(entry);
        if (this.#isOverruled(deletion)) {
          for (const destination of this.#deleting) {
            progress.deletionSettled(locationAt(deletion, destination), deletion, 'newer-at-target');
          }
          return [];
        }
        return this.#deleting.map((destination) =>
          run.puts(() => settleDeletion(deletion, origin, destination, this.#context)),
        );
      }),
    );
  }

  /** Whether a version was removed after the deletion, and a consumer's change of the now current version is kept. */
  #isOverruled(deletion: SourceDeletion): boolean {
    const { origin } = this.#watched;
    const stamp = deletionStamp(deletion, origin);
    const notes = ofKind(this.#known.get(deletion.key), 'note');
    return notes.some((note) => relateStamps(stamp, deletionStamp(note, origin)) === 'older');
  }

  async #settleLater(object: RestorableObject, destination: Destination, settle: () => Promise<void>): Promise<void> {
    try {
      await settle();
    } catch (thrown) {
      this.#context.progress.fail(locationAt(object, destination), asCompressorError(thrown));
    }
  }

  async #delete(object: RestorableObject, destination: Destination, known: KnownDeletions): Promise<void> {
    const { origin } = this.#watched;
    let isDeleted = false;
    for (const deletion of ofKind(known.get(object.key), 'deletion')) {
      const result = await deleteObject(deletion, origin, destination, this.#context.run);
      isDeleted ||= result === 'deleted';
    }
    if (isDeleted) this.#context.progress.deleted += 1;
  }

  /**
   * An object queued by a backfill existed when it was read, after every earlier deletion, however long ago it was
   * written: its version may have become current again because of an undelete. If the read has no time (an older
   * source, a response without a date), the time in the archive's key is used, if the archive has nothing older.
   */
  #isDeletedBy({ key, stamp }: RestorableObject, known: KnownDeletions, kind: DeletionKind = 'deletion'): boolean {
    const isBackfilled = stamp.readAt === undefined && stamp.eventTime < this.#archivedAt;
    return ofKind(known.get(key), kind).some((deletion) => {
      if (isBackfilled && deletion.eventTime <= this.#archivedAt) return false;
      if (this.#watched.isInWholeSeconds === true && deletion.eventTime - stamp.eventTime < 1000) return false;
      return isBeforeDeletion(stamp, deletionStamp(deletion, this.#watched.origin));
    });
  }

  #liesBetween(
    deletions: readonly SourceDeletion[] | undefined,
    first: ProvenanceStamp,
    second: ProvenanceStamp,
  ): boolean {
    return ofKind(deletions, 'deletion').some((deletion) => {
      const stamp = deletionStamp(deletion, this.#watched.origin);
      return isBeforeDeletion(first, stamp) && !isBeforeDeletion(second, stamp);
    });
  }

  /** Time of the earliest object or deletion; backfilled objects count from their archive. */
  #earliest(): number {
    const { objects, deletions } = this.#watched;
    const written = objects.map(({ event_time }) => Math.max(Date.parse(event_time), this.#archivedAt));
    const deleted = deletions.map(({ event_time }) => Date.parse(event_time));
    return [...written, ...deleted].reduce((earliest, time) => Math.min(earliest, time), this.#openedAt);
  }

  #names(): string[] {
    const { objects, deletions } = this.#watched;
    return [...objects, ...deletions].map(({ key }) => key);
  }

  async #recallFormer(): Promise<KnownDeletions> {
    const left = this.#watched.objects.filter((object) => writtenBeforeRemoval(object) !== undefined);
    const since = left.reduce(
      (earliest, object) => Math.min(earliest, writtenBeforeRemoval(object) ?? earliest),
      this.#openedAt,
    );
    return this.#recall(
      since,
      left.map(({ key }) => key),
    );
  }

  async #recall(since: number, names: readonly string[]): Promise<KnownDeletions> {
    if (names.length === 0) return new Map();
    const { rule } = this.#watched;
    return this.#memory.recall(rule, since - CLOCK_MARGIN_MILLISECONDS, names, this.#context.run.signal);
  }
}

type KnownDeletions = ReadonlyMap<string, readonly SourceDeletion[]>;

/** Objects that were not written because a consumer has changed the restored object. */
interface LeftObject {
  readonly object: RestorableObject;
  readonly destination: Destination;
  /** Stamp of the restored object. */
  readonly found: ProvenanceStamp;
}

function ofKind(kept: readonly SourceDeletion[] = [], wanted: DeletionKind): readonly SourceDeletion[] {
  return kept.filter(({ kind = 'deletion' }) => kind === wanted);
}

function deletedMeanwhile(object: RestorableObject, destination: Destination): WriteConditionError {
  const { bucket, key } = locationAt(object, destination);
  return new WriteConditionError(`s3://${bucket}/${key} was deleted at the source while it was being checked`, {
    context: { bucket, key },
  });
}

function sourceDeletion({ key, event_time, sequencer }: ManifestDeletion): SourceDeletion {
  return { key, eventTime: Date.parse(event_time), sequencer };
}

function noMemory({ archive, rule }: WatchRequest): DeletionMemoryError {
  const name = archiveName(archive);
  return new DeletionMemoryError(
    false,
    `Rule ${rule} replicates deletions, but this region has no table to record them. Deploy the region again.`,
    { context: { archive: name, rule } },
  );
}
