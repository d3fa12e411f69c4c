import { hash } from 'node:crypto';
import type { Corpus, Workload } from '../workloads.ts';

/** Objects of the workloads: nobody puts them there, and nobody can change them. */
export const SEED_BUCKET = 'seed';
/** Buckets whose bodies are kept begin like this. A DELETE in them is answered and counted, but the object stays. */
export const KEPT_BUCKETS = 'kept-';

/** What the server counted since the last reset. */
export interface ServerCounts {
  /** Requests by method and kind: `GET`, `PUT`, `POST uploads`, `PUT part`, ... */
  readonly requests: Readonly<Record<string, number>>;
  /** CPU time of the server's process, in seconds: with the sample's it tells whether the server was the limit. */
  readonly cpuSeconds: number;
  /** Opened since the reset; with TLS, how many of them resumed a session. */
  readonly connections: number;
  readonly resumedSessions: number;
  /** When the first request came, in nanoseconds of the system's monotonic clock, as text; absent: none came. */
  readonly firstRequest?: string;
}

/** An object that was written to the server. */
export interface WrittenObject {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

/** `reset` forgets the counts; objects stay. `written` are those of a bucket, the earliest first. */
export type ServerQuestion =
  | { readonly kind: 'reset' | 'counts' }
  | { readonly kind: 'written'; readonly bucket: string };
export type ServerMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'counts'; readonly counts: ServerCounts }
  | { readonly kind: 'written'; readonly objects: readonly WrittenObject[] };

/** Key of the `index`th object of a workload; it says all there is to know about the object. */
export function seedKey({ corpus, size, first = 0 }: Workload, index: number): string {
  return `${corpus}/${size}/${String(first + index).padStart(6, '0')}${corpus === 'records' ? '.json' : '.log'}`;
}

/** Looks like S3's, and compresses as badly. */
export function seedEtag(key: string): string {
  return hash('md5', key);
}

export interface Seed {
  readonly corpus: Corpus;
  readonly size: number;
  /** Where the object begins in its corpus. */
  readonly offset: number;
}

export function parseSeedKey(key: string): Seed | undefined {
  const [, corpus, size, index] = /^(records|logs)\/(\d+)\/(\d+)\./.exec(key) ?? [];
  if (corpus === undefined) return undefined;
  return { corpus: corpus as Corpus, size: Number(size), offset: Number(size) * Number(index) };
}
