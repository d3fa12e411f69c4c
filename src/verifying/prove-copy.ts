import { hash } from 'node:crypto';
import type { ObjectHeadReader, ObjectReader } from '../storage/object-store.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { MIB } from '../units.ts';

/** How thoroughly to prove a copy that looks right. */
export type ProofLevel = 'none' | 'checksums' | 'bytes';

/** Bytes that are read from each side at a time. */
const PIECE = 8 * MIB;
const HASH_RANGE = 2 ** 32;

/** Whether a key is in the sample: one in this many, always the same ones. */
export function isSampled(key: string, oneIn: number): boolean {
  return oneIn === 1 || Number.parseInt(hash('sha256', key).slice(0, 8), 16) < HASH_RANGE / oneIn;
}

/** An object as described by a listing or a HEAD. */
export interface PinnedObject extends ObjectLocation {
  readonly etag: string;
  readonly size: number;
}

/**
 * Compares the CRC-32 that S3 stores for both.
 * @returns undefined if one side has no checksum of the full object
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

/**
 * Reads both in pieces, and compares them.
 * @throws the errors of the storage port, also if one of them is overwritten in the meantime
 */
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
