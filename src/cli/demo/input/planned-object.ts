import type { ObjectReader } from '../../../storage/object-store.ts';
import type { ObjectHeaders, ObjectLocation, ObjectTag, UserMetadata } from '../../../storage/stored-object.ts';
import { MIB } from '../../../units.ts';

/** Larger objects are read and sent in parts of this size, one after the other. */
export const READ_BYTES = 16 * MIB;

/** Everything about an object but its key and its bytes. */
export interface ObjectAttributes {
  readonly headers: ObjectHeaders;
  readonly metadata: UserMetadata;
  readonly tags: readonly ObjectTag[];
  readonly storageClass: string;
}

export type ObjectBody = FileBody | StoredBody | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

export interface FileBody {
  readonly kind: 'file';
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** An object of a real bucket, as it was listed. It has its own headers, metadata and class. */
export interface StoredBody {
  readonly kind: 'stored';
  readonly location: ObjectLocation;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly reader: ObjectReader;
}

/** An object that the demo uploads. */
export interface DemoObject {
  readonly key: string;
  readonly body: ObjectBody;
  readonly attributes: ObjectAttributes;
  /** An earlier version, which the body overwrites. */
  readonly draft?: Draft;
  /** Its archive is held back in transit, and a damaged copy of that archive arrives before it. */
  readonly isWitness?: boolean;
  readonly removal?: Removal;
}

/**
 * When a draft arrives. `early`: it is restored before it is overwritten. `late`: S3 replicates its archive after
 * everything else, so that it finds its successor at the target. `racing`: it is overwritten while the pipeline works
 * on it. `deleted`: it is restored and deleted before the object is written.
 */
export type DraftTiming = 'early' | 'late' | 'racing' | 'deleted';

/**
 * How an object is deleted. `restored`: when the targets have it. `traveling`: while S3 holds its archive back, so that the object
 * arrives after its deletion. `undone`: when the targets have it, and then its delete marker is removed.
 */
export type Removal = 'restored' | 'traveling' | 'undone';

export interface Draft {
  readonly bytes: Uint8Array;
  readonly timing: DraftTiming;
}

export function bodySize(body: ObjectBody): number {
  return body.kind === 'bytes' ? body.bytes.byteLength : body.size;
}
