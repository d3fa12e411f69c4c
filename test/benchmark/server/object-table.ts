import { CORPUS_SIZE, makeCorpus } from '../workloads.ts';
import { KEPT_BUCKETS, parseSeedKey, SEED_BUCKET, seedEtag, type WrittenObject } from './contract.ts';

export interface TableObject {
  readonly etag: string;
  readonly size: number;
  /** Bytes from `start`, `length` of them. */
  read(start: number, length: number): Uint8Array[];
}

/** What is in the server's buckets. Of everything that is written outside the kept buckets only the fact is remembered. */
export class ObjectTable {
  private readonly corpora = { records: makeCorpus('records'), logs: makeCorpus('logs') };
  private readonly written = new Map<string, TableObject>();
  private readonly uploads = new Map<string, Map<number, { size: number; body: readonly Buffer[] }>>();
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

  write(path: string, size: number, body: readonly Buffer[]): TableObject {
    const object = { etag: this.nextId(), size, read: lazyReader(body) };
    this.written.set(path, object);
    return object;
  }

  remove(path: string): void {
    if (!keepsBody(path)) this.written.delete(path);
  }

  createUpload(): string {
    const id = this.nextId();
    this.uploads.set(id, new Map());
    return id;
  }

  writePart(upload: string, number: number, size: number, body: readonly Buffer[]): string {
    this.uploads.get(upload)?.set(number, { size, body });
    return this.nextId();
  }

  completeUpload(upload: string, path: string): TableObject {
    const parts = [...(this.uploads.get(upload) ?? [])].sort(([left], [right]) => left - right);
    this.uploads.delete(upload);
    const size = parts.reduce((sum, [, part]) => sum + part.size, 0);
    return this.write(
      path,
      size,
      parts.flatMap(([, part]) => part.body),
    );
  }

  abortUpload(upload: string): void {
    this.uploads.delete(upload);
  }

  /** The objects that were written to a bucket, the earliest first. */
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

export function keepsBody(path: string): boolean {
  return path.startsWith(`/${KEPT_BUCKETS}`);
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

/** Joins the parts when they are first read, so that the upload itself pays nothing for it. */
function lazyReader(body: readonly Buffer[]): TableObject['read'] {
  let bytes: Buffer | undefined;
  return (start, length) => {
    bytes ??= Buffer.concat(body);
    return [bytes.subarray(start, start + length)];
  };
}
