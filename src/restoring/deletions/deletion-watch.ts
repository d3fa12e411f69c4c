import { parseKeyTime } from '../../archive/key-time.ts';
import type { ManifestDeletion, ManifestObject } from '../../archive/manifest.ts';
import type { Destination } from '../../configuration/rule.ts';
import { asCompressorError } from '../../errors.ts';
import { isBeforeDeletion } from '../../storage/provenance.ts';
import { archiveName, type InboundArchive } from '../dependencies.ts';
import { DeletionMemoryError } from '../errors.ts';
import { locationAt, type RestorableObject } from '../restorable-object.ts';
import type { WriteContext } from '../settle-write.ts';
import { deleteObject, deletionStamp, settleDeletion } from './delete-object.ts';
import type { DeletionMemory, SourceDeletion } from './deletion-memory.ts';

/** More than the clocks of S3 and of our processes differ, and than a record takes to be kept. */
const CLOCK_MARGIN_MILLISECONDS = 900_000;

/**
 * Watches over an archive where a destination of it replicates deletions.
 * @returns undefined where none does: then nothing is asked, and what the archive deletes stays
 * @throws DeletionMemoryError: then nothing was written
 */
export async function watchDeletions(
  { destinations, ...watched }: WatchRequest,
  context: WriteContext,
): Promise<DeletionWatch | undefined> {
  const deleting = destinations.filter(({ deletes }) => deletes === 'replicate');
  return deleting.length === 0 ? undefined : DeletionWatch.open({ ...watched, destinations: deleting }, context);
}

/** What of an object tells whether a deletion came after it. */
export type WatchedObject = Pick<ManifestObject, 'key' | 'event_time'>;

export interface WatchRequest {
  readonly archive: InboundArchive;
  readonly rule: string;
  /** Of the rule's source, see `originOf`. */
  readonly origin: string;
  /** Those of this region. */
  readonly destinations: readonly Destination[];
  readonly objects: readonly WatchedObject[];
  readonly deletions: readonly ManifestDeletion[];
  /** The object at an index of `objects`. */
  readonly describe: (index: number) => RestorableObject | undefined;
  /** The archive has times in whole seconds, and no sequencers: what has the second of a deletion may be newer. */
  readonly inWholeSeconds?: true;
}

/**
 * Keeps the objects of an archive, and its deletions, in the order of the source, where deletions are replicated.
 *
 * A deletion is kept in the memory before anything is deleted; an object is written before the memory is asked the last time. So
 * of a deletion and an earlier write that are at work at the same moment one sees the other, whichever comes first:
 *
 * | the write asks the memory | then                                                                     |
 * |---------------------------|--------------------------------------------------------------------------|
 * | after the record          | it knows of the deletion: the object is not written, or deleted again    |
 * | before the record         | it was written before the deletion looks at the key, which then deletes it |
 *
 * The memory is asked before the first write as well, so that what was deleted days ago does not appear for a moment.
 */
export class DeletionWatch {
  readonly #watched: WatchRequest;
  readonly #context: WriteContext;
  readonly #memory: DeletionMemory;
  /** When its earliest object was written of which an event told. */
  readonly #archivedAt: number;
  readonly #openedAt: number;
  #known: ReadonlyMap<string, SourceDeletion> = new Map();

  private constructor(watched: WatchRequest, memory: DeletionMemory, context: WriteContext) {
    this.#watched = watched;
    this.#memory = memory;
    this.#context = context;
    const { key } = watched.archive;
    this.#archivedAt = parseKeyTime(key.slice(key.lastIndexOf('/') + 1)) ?? Number.NEGATIVE_INFINITY;
    this.#openedAt = context.run.now();
  }

  /**
   * Keeps the deletions of the archive, and asks for those of its objects. All destinations replicate deletions.
   * @throws DeletionMemoryError: then nothing was written
   */
  static async open(watched: WatchRequest, context: WriteContext): Promise<DeletionWatch> {
    const { deletions: memory, signal } = context.run;
    if (memory === undefined) throw noMemory(watched);
    const watch = new DeletionWatch(watched, memory, context);
    const { rule, deletions } = watched;
    if (deletions.length > 0) await memory.record(rule, deletions.map(sourceDeletion), watch.#openedAt, signal);
    watch.#known = await watch.#recall(watch.#earliest());
    return watch;
  }

  /** What is to be deleted, at all destinations together. */
  get deletionsDue(): number {
    return this.#watched.deletions.length * this.#watched.destinations.length;
  }

  /** Whether the object was deleted at the source after it was written. */
  isDeleted(object: RestorableObject): boolean {
    return this.#isDeletedBy(object, this.#known);
  }

  /** Whether its key was ever deleted, as far as is known: what is written there then may have been there before. */
  wasDeletedBefore({ key }: { readonly key: string }): boolean {
    return this.#known.has(key);
  }

  /** Deletes what an earlier attempt may have written of an object that `isDeleted`. @throws the errors of the storage port */
  deleteEarlier(object: RestorableObject, destination: Destination): Promise<void> {
    return this.#delete(object, destination, this.#known);
  }

  /**
   * When all objects are written: deletes those of which a deletion was kept meanwhile, and what the archive deletes. Rejects
   * for nothing but the memory.
   * @throws DeletionMemoryError
   */
  async finish(): Promise<void> {
    const { run } = this.#context;
    const { objects, deletions, destinations, origin } = this.#watched;
    const later = await this.#recall(this.#openedAt);
    await Promise.all(
      objects.flatMap(({ key }, index) => {
        if (!later.has(key)) return [];
        const object = this.#watched.describe(index);
        if (object === undefined || this.isDeleted(object) || !this.#isDeletedBy(object, later)) return [];
        return destinations.map((destination) => run.puts(() => this.#deleteLater(object, destination, later)));
      }),
    );
    await Promise.all(
      deletions.flatMap((entry) => {
        const deletion = sourceDeletion(entry);
        return destinations.map((destination) =>
          run.puts(() => settleDeletion(deletion, origin, destination, this.#context)),
        );
      }),
    );
  }

  async #deleteLater(
    object: RestorableObject,
    destination: Destination,
    deletions: ReadonlyMap<string, SourceDeletion>,
  ): Promise<void> {
    try {
      await this.#delete(object, destination, deletions);
    } catch (thrown) {
      this.#context.progress.fail(locationAt(object, destination), asCompressorError(thrown));
    }
  }

  async #delete(
    object: RestorableObject,
    destination: Destination,
    deletions: ReadonlyMap<string, SourceDeletion>,
  ): Promise<void> {
    const deletion = deletions.get(object.key);
    if (deletion === undefined) return;
    const result = await deleteObject(deletion, this.#watched.origin, destination, this.#context.run);
    if (result === 'deleted') this.#context.progress.deleted += 1;
  }

  /**
   * What a backfill has queued exists at the source after every deletion before it was read, however long ago it was written: its
   * version may have become current again by an undelete. Where its read has no time (an older source, an answer without a
   * date), the key of the archive tells, if nothing older is in it.
   */
  #isDeletedBy({ key, stamp }: RestorableObject, deletions: ReadonlyMap<string, SourceDeletion>): boolean {
    const deletion = deletions.get(key);
    if (deletion === undefined) return false;
    const isBackfilled = stamp.readAt === undefined && stamp.eventTime < this.#archivedAt;
    if (isBackfilled && deletion.eventTime <= this.#archivedAt) return false;
    if (this.#watched.inWholeSeconds === true && deletion.eventTime - stamp.eventTime < 1000) return false;
    return isBeforeDeletion(stamp, deletionStamp(deletion, this.#watched.origin));
  }

  /** Of the objects, backfilled ones count from their archive. */
  #earliest(): number {
    return this.#watched.objects.reduce(
      (earliest, { event_time }) => Math.min(earliest, Math.max(Date.parse(event_time), this.#archivedAt)),
      this.#openedAt,
    );
  }

  async #recall(since: number): Promise<ReadonlyMap<string, SourceDeletion>> {
    const { rule, objects } = this.#watched;
    if (objects.length === 0) return new Map();
    const keys = objects.map(({ key }) => key);
    return this.#memory.recall(rule, since - CLOCK_MARGIN_MILLISECONDS, keys, this.#context.run.signal);
  }
}

function sourceDeletion({ key, event_time, sequencer }: ManifestDeletion): SourceDeletion {
  return { key, eventTime: Date.parse(event_time), sequencer };
}

function noMemory({ archive, rule }: WatchRequest): DeletionMemoryError {
  const name = archiveName(archive);
  return new DeletionMemoryError(
    false,
    `Rule ${rule} replicates deletions, and this region has no table to remember them in. Deploy the region again.`,
    { context: { archive: name, rule } },
  );
}
