import { hash } from 'node:crypto';
import type { Corpus, Workload } from '../workloads.ts';

/** Bucket of the workloads' objects, which exist without a PUT and cannot change. */
export const SEED_BUCKET = 'seed';
/** Prefix of the buckets whose bodies are kept. A DELETE there is answered and counted, but the object stays. */
export const KEPT_BUCKETS = 'kept-';

/** The server's counts since the last reset. */
export interface ServerCounts {
  /** Requests by method and kind: `GET`, `PUT`, `POST uploads`, `PUT part`, ... */
  readonly requests: Readonly<Record<string, number>>;
  /** CPU time of the server's process in seconds, which shows whether the server was the bottleneck. */
  readonly cpuSeconds: number;
  /** Connections since the reset; with TLS, how many of them resumed a session. */
  readonly connections: number;
  readonly resumedSessions: number;
  /** Time of the first request, in nanoseconds of the system's monotonic clock, as text; absent: none. */
  readonly firstRequest?: string;
}

/** An object that was written to the server. */
export interface WrittenObject {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

/** `reset` clears the counts; objects stay. `written` returns the objects of a bucket, oldest first. */
export type ServerQuestion =
  | { readonly kind: 'reset' | 'counts' }
  | { readonly kind: 'written'; readonly bucket: string };
export type ServerMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'counts'; readonly counts: ServerCounts }
  | { readonly kind: 'written'; readonly objects: readonly WrittenObject[] };

/** Key of the `index`th object of a workload; it describes the object completely. */
export function seedKey({ corpus, size, first = 0 }: Workload, index: number): string {
  return `${corpus}/${size}/${String(first + index).padStart(6, '0')}${corpus === 'records' ? '.json' : '.log'}`;
}

/** Looks like S3's, and compresses as poorly. */
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
