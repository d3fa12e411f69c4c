import type { Clock, ExistingObjectQueue } from '../backfill/dependencies.ts';
import type { Destination } from '../configuration/rule.ts';
import type { ObjectEntry, ObjectPager } from '../listing/dependencies.ts';
import type { ObjectHeadReader, ObjectReader, TagReader } from '../storage/object-store.ts';

/** An inventory of a bucket, in the order of keys. */
export interface InventoryListing {
  /** Milliseconds since 1970 at which S3 began to list. */
  readonly created: number;
  /** @throws also IncompleteEntryError if it lacks a field */
  read(prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<readonly ObjectEntry[]>;
}

/** One bucket, with the calls that comparing needs. */
export interface ComparedBucket {
  readonly pager: ObjectPager;
  /** Read instead of listing the bucket. */
  readonly inventory?: InventoryListing | undefined;
  readonly store: ObjectHeadReader & ObjectReader & TagReader;
}

export interface ComparedDestination extends ComparedBucket {
  readonly destination: Destination;
}

/** Everything outside a verification. */
export interface VerificationDependencies {
  readonly source: ComparedBucket;
  readonly destinations: readonly ComparedDestination[];
  /** Absent: nothing is repaired. */
  readonly queue?: ExistingObjectQueue | undefined;
  readonly clock: Clock;
  /** Saves the progress: everything up to the key is compared, and queued if it needs repair. */
  readonly checkpoint: (key: string, counts: VerificationCounts) => Promise<void>;
  readonly onProgress: (counts: VerificationCounts) => void;
  /** Called for every copy that is not equal, in the order of keys. */
  readonly onFinding: (finding: CopyFinding) => void;
}

export type FindingClass =
  | 'missing'
  | 'older'
  | 'different'
  | 'foreign'
  | 'unreadable'
  | 'replica'
  | 'unreplicable'
  | 'extra'
  | 'not-due'
  | 'unproven';

/** A copy at one destination that is not correct. */
export interface CopyFinding {
  readonly kind: FindingClass;
  readonly destination: Destination;
  /** At the source. */
  readonly key: string;
  readonly reason: string;
  /** Bytes; absent: there is no object. */
  readonly sourceSize?: number | undefined;
  readonly copySize?: number | undefined;
}

/** Totals of all destinations. An object counts once for each of them. */
export interface VerificationCounts {
  /** Keys that are finished. */
  compared: number;
  equal: number;
  missing: number;
  older: number;
  different: number;
  foreign: number;
  /** The foreign ones at destinations that keep the objects of other writers. */
  foreignKept: number;
  /** Copies that S3 refused to show. */
  unreadable: number;
  /** Not at the destination, because another rule restored the object at the source and this one does not chain. */
  replica: number;
  /** Different from the source, whose object cannot be read: encrypted with a customer's key, or archived. */
  unreplicable: number;
  extra: number;
  notDue: number;
  /** The equal ones that should have been proven, but have no comparable checksums in S3. */
  unproven: number;
  /** Objects in classes that cannot be read, which are not compared. */
  archived: number;
  /** Objects that were queued for repair. */
  repaired: number;
  /** HEADs and GETs made for comparing. */
  looks: number;
}

export function noVerificationCounts(): VerificationCounts {
  return {
    compared: 0,
    equal: 0,
    missing: 0,
    older: 0,
    different: 0,
    foreign: 0,
    foreignKept: 0,
    unreadable: 0,
    replica: 0,
    unreplicable: 0,
    extra: 0,
    notDue: 0,
    unproven: 0,
    archived: 0,
    repaired: 0,
    looks: 0,
  };
}
