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
  /** Bytes of an earlier version, which the body overwrites while the pipeline is at work on it. */
  readonly draft?: Uint8Array;
}

export function bodySize(body: ObjectBody): number {
  return body.kind === 'file' ? body.size : body.bytes.byteLength;
}
