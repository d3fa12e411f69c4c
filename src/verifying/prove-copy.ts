import { hash } from 'node:crypto';
import type { ObjectHeadReader, ObjectReader } from '../storage/object-store.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { MIB } from '../units.ts';

/** How far a copy that looks right is proven to be. */
export type Proof = 'none' | 'checksums' | 'bytes';

/** Bytes that are read of each side at a time. */
const PIECE = 8 * MIB;
const HASH_RANGE = 2 ** 32;

/** Whether a key is one of the sample: always the same ones, one in so many. */
export function isSampled(key: string, oneIn: number): boolean {
  return oneIn === 1 || Number.parseInt(hash('sha256', key).slice(0, 8), 16) < HASH_RANGE / oneIn;
}

/** An object as a listing or a HEAD has it. */
export interface PinnedObject extends ObjectLocation {
  readonly etag: string;
  readonly size: number;
}

/**
 * Compares the CRC-32 that S3 keeps of both.
 * @returns undefined when one side has none of the full object
 */
export async function compareChecksums(
  source: ObjectLocation,
  sourceStore: ObjectHeadReader,
  copyCrc32: number | undefined,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (copyCrc32 === undefined) return undefined;
  const crc32 = (await sourceStore.head(source, signal))?.crc32;
  return crc32 === undefined ? undefined : crc32 === copyCrc32;
}

/** Reads both, piece by piece, and compares. @throws the errors of the storage port, when one of them is overwritten meanwhile, too */
export async function compareBytes(
  source: PinnedObject,
  sourceStore: ObjectReader,
  copy: PinnedObject,
  copyStore: ObjectReader,
  signal: AbortSignal,
): Promise<boolean> {
  if (source.size !== copy.size) return false;
  for (let start = 0; start < source.size; start += PIECE) {
    const length = Math.min(PIECE, source.size - start);
    const range = length === source.size ? {} : { start };
    const [left, right] = [new Uint8Array(length), new Uint8Array(length)];
    await Promise.all([
      sourceStore.read({ ...source, ...range, into: left, signal }),
      copyStore.read({ ...copy, ...range, into: right, signal }),
    ]);
    if (Buffer.compare(left, right) !== 0) return false;
  }
  return true;
}
