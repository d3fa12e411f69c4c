import { CORPUS_SIZE, makeCorpus } from '../workloads.ts';
import { KEPT_BUCKETS, parseSeedKey, SEED_BUCKET, seedEtag, type WrittenObject } from './contract.ts';

export interface TableObject {
  readonly etag: string;
  readonly size: number;
  /** Header lines of the request that wrote it; a seed has none. */
  readonly head?: string;
  /** Bytes from `start`, `length` of them. */
  read(start: number, length: number): Uint8Array[];
}

interface Upload {
  /** Header lines of the request that opened it. */
  readonly head: string;
  readonly parts: Map<number, { readonly size: number; readonly body: readonly Buffer[] }>;
}

/** The content of the server's buckets. Outside the kept buckets, it records only that an object was written. */
export class ObjectTable {
  private readonly corpora = { records: makeCorpus('records'), logs: makeCorpus('logs') };
  private readonly written = new Map<string, TableObject>();
  private readonly uploads = new Map<string, Upload>();
  private serial = 0;

  /** @param path `/<bucket>/<key>` */
  find(path: string): TableObject | undefined {
    const written = this.written.get(path);
    if (written !== undefined || !path.startsWith(`/${SEED_BUCKET}/`)) return written;
    const key = path.slice(SEED_BUCKET.length + 2);
    const seed = parseSeedKey(key);
    if (seed === undefined) return undefined;
    const bytes = this.corpora[seed.corpus];
    const read = (start: number, length: number): Uint8Array[] => readRound(bytes, seed.offset + start, length);
    return { etag: seedEtag(key), size: seed.size, read };
  }

  write(path: string, size: number, body: readonly Buffer[], head: string): TableObject {
    const object = { etag: this.nextId(), size, head, read: lazyReader(body) };
    this.written.set(path, object);
    return object;
  }

  remove(path: string): void {
    if (!keepsBody(path)) this.written.delete(path);
  }

  createUpload(head: string): string {
    const id = this.nextId();
    this.uploads.set(id, { head, parts: new Map() });
    return id;
  }

  writePart(upload: string, number: number, size: number, body: readonly Buffer[]): string {
    this.uploads.get(upload)?.parts.set(number, { size, body });
    return this.nextId();
  }

  completeUpload(upload: string, path: string): TableObject {
    const { parts: unsorted = [], head = '' } = this.uploads.get(upload) ?? {};
    const parts = [...unsorted].sort(([left], [right]) => left - right);
    this.uploads.delete(upload);
    const size = parts.reduce((sum, [, part]) => sum + part.size, 0);
    return this.write(
      path,
      size,
      parts.flatMap(([, part]) => part.body),
      head,
    );
  }

  abortUpload(upload: string): void {
    this.uploads.delete(upload);
  }

  /** The objects that were written to a bucket, oldest first. */
  writtenTo(bucket: string): WrittenObject[] {
    const root = `/${bucket}/`;
    return [...this.written]
      .filter(([path]) => path.startsWith(root))
      .map(([path, { etag, size }]) => ({ key: path.slice(root.length), etag, size }));
  }

  private nextId(): string {
    this.serial += 1;
    return this.serial.toString(16).padStart(32, '0');
  }
}

/** Bodies are also kept for objects that overwrite a seed: they replace it. */
export function keepsBody(path: string): boolean {
  return path.startsWith(`/${KEPT_BUCKETS}`) || path.startsWith(`/${SEED_BUCKET}/`);
}

function readRound(bytes: Buffer, start: number, length: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = start % CORPUS_SIZE;
  for (let left = length; left > 0; at = 0) {
    const piece = bytes.subarray(at, at + left);
    pieces.push(piece);
    left -= piece.length;
  }
  return pieces;
}

/** Bytes of consecutive pieces; their offsets are computed once, at the first read. */
function lazyReader(pieces: readonly Buffer[]): TableObject['read'] {
  let starts: number[] | undefined;
  return (start, length) => {
    starts ??= startsOf(pieces);
    const found: Uint8Array[] = [];
    for (let index = firstBehind(starts, start) - 1, left = length; left > 0 && index < pieces.length; index += 1) {
      const offset = Math.max(0, start - (starts[index] ?? 0));
      const piece = pieces[index]?.subarray(offset, offset + left);
      if (piece === undefined) break;
      found.push(piece);
      left -= piece.length;
    }
    return found;
  };
}

function startsOf(pieces: readonly Buffer[]): number[] {
  let at = 0;
  return pieces.map((piece) => {
    at += piece.length;
    return at - piece.length;
  });
}

/** Index of the first start after a position. */
function firstBehind(starts: readonly number[], position: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
