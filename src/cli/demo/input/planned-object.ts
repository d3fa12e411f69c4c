import type { ObjectHeaders, ObjectTag, UserMetadata } from '../../../storage/stored-object.ts';

/** Everything about an object but its key and its bytes. */
export interface ObjectDress {
  readonly headers: ObjectHeaders;
  readonly metadata: UserMetadata;
  readonly tags: readonly ObjectTag[];
  readonly storageClass: string;
}

export type ObjectBody =
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** An object that the demo uploads. */
export interface DemoObject {
  readonly key: string;
  readonly body: ObjectBody;
  readonly dress: ObjectDress;
  /** An earlier version, which the body overwrites. */
  readonly draft?: Draft;
  /** Its archive is held back on the way, and a damaged copy of that archive arrives before it. */
  readonly isWitness?: boolean;
}

/**
 * When a draft arrives. `early`: it is restored before it is overwritten. `late`: S3 replicates its archive after everything
 * else, so that it meets its successor at the target. `racing`: it is overwritten while the pipeline is at work on it.
 */
export type DraftTiming = 'early' | 'late' | 'racing';

export interface Draft {
  readonly bytes: Uint8Array;
  readonly timing: DraftTiming;
}

export function bodySize(body: ObjectBody): number {
  return body.kind === 'file' ? body.size : body.bytes.byteLength;
}
