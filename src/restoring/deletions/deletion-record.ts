import { hash } from 'node:crypto';
import type { DeletionKind, SourceDeletion } from './deletion-memory.ts';
import { addDeletion } from './last-deletions.ts';

/**
 * Encoded deletions, one after the other: 16 bytes of the SHA-256 of the key, 6 bytes of milliseconds since 1970, a
 * byte with the number of hex digits of the sequencer, and these digits, two per byte. With S3's sequencers of 16
 * digits that is 31 bytes: 10,000 deletions are 310 KB, whatever their keys. A note has the complement of its key's
 * hash, which no key has.
 */
const KEY_BYTES = 16;
const TIME_BYTES = 6;
const HEADER_BYTES = KEY_BYTES + TIME_BYTES + 1;
const MAX_TIME = 2 ** (8 * TIME_BYTES) - 1;
const SEQUENCER = /^[0-9a-f]{1,32}$/i;

/** Max bytes of one record. */
export const MAX_RECORD_BYTES = HEADER_BYTES + 16;

export function encodeDeletions(deletions: readonly SourceDeletion[]): Buffer {
  return Buffer.concat(deletions.map(encodeDeletion));
}

function encodeDeletion({ key, kind, eventTime, sequencer = '' }: SourceDeletion): Buffer {
  // A sequencer that cannot be compared is ignored, and the time decides (as in storage/provenance.ts).
  const digits = SEQUENCER.test(sequencer) ? sequencer : '';
  const header = Buffer.alloc(HEADER_BYTES);
  header.set(hashKey(key, kind));
  header.writeUIntBE(Math.min(MAX_TIME, Math.max(0, Math.floor(eventTime))), KEY_BYTES, TIME_BYTES);
  header.writeUInt8(digits.length, HEADER_BYTES - 1);
  return Buffer.concat([header, Buffer.from(digits.padEnd(2 * Math.ceil(digits.length / 2), '0'), 'hex')]);
}

/** Picks the deletions of some keys out of any number of records. */
export class DeletionPicker {
  readonly #keys: ReadonlyMap<string, Pick<SourceDeletion, 'key' | 'kind'>>;
  readonly found = new Map<string, readonly SourceDeletion[]>();

  constructor(keys: readonly string[]) {
    this.#keys = new Map(
      keys.flatMap((key) => [
        [nameOf(hashKey(key)), { key }],
        [nameOf(hashKey(key, 'note')), { key, kind: 'note' }],
      ]),
    );
  }

  /** @param bytes of `encodeDeletions` */
  pick(bytes: Uint8Array): void {
    const records = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + HEADER_BYTES <= records.length) {
      const digits = records.readUInt8(at + HEADER_BYTES - 1);
      const end = at + HEADER_BYTES + Math.ceil(digits / 2);
      const named = this.#keys.get(nameOf(records.subarray(at, at + KEY_BYTES)));
      if (named !== undefined) {
        const eventTime = records.readUIntBE(at + KEY_BYTES, TIME_BYTES);
        const sequencer = records.toString('hex', at + HEADER_BYTES, end).slice(0, digits);
        this.#note({ ...named, eventTime, ...(digits === 0 ? {} : { sequencer }) });
      }
      at = end;
    }
  }

  #note(deletion: SourceDeletion): void {
    this.found.set(deletion.key, addDeletion(this.found.get(deletion.key) ?? [], deletion));
  }
}

function hashKey(key: string, kind?: DeletionKind): Buffer {
  const hashed = hash('sha256', key, 'buffer').subarray(0, KEY_BYTES);
  return kind === 'note' ? Buffer.from(hashed.map((byte) => 0xff - byte)) : hashed;
}

function nameOf(hashed: Buffer): string {
  return hashed.toString('latin1');
}
