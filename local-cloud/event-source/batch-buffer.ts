import type { SQSRecord } from 'aws-lambda';
import { MIB } from '../../src/units.ts';

/** Lambda's limit on the JSON of one synchronous invocation. */
export const PAYLOAD_LIMIT_BYTES = 6 * MIB;

/** `{"Records":[]}` and, per record, the comma after it. */
const ENVELOPE_BYTES = 14;
const SEPARATOR_BYTES = 1;

interface BufferedRecord {
  readonly record: SQSRecord;
  readonly bytes: number;
}

/** Received records that are not in a batch yet, in order; they are cut into batches by count and by payload. */
export class BatchBuffer {
  readonly #batchSize: number;
  readonly #records: BufferedRecord[] = [];
  #bytes = ENVELOPE_BYTES;

  constructor(batchSize: number) {
    this.#batchSize = batchSize;
  }

  get length(): number {
    return this.#records.length;
  }

  /** True when waiting for more could not make the next batch any larger. */
  get isFull(): boolean {
    return this.#records.length >= this.#batchSize || this.#bytes > PAYLOAD_LIMIT_BYTES;
  }

  add(record: SQSRecord): void {
    const bytes = Buffer.byteLength(JSON.stringify(record)) + SEPARATOR_BYTES;
    this.#records.push({ record, bytes });
    this.#bytes += bytes;
  }

  /** Takes the next batch: as many records as fit, and at least one when there is any. */
  take(): SQSRecord[] {
    let count = 0;
    let bytes = ENVELOPE_BYTES;
    for (const buffered of this.#records) {
      if (count === this.#batchSize || (count > 0 && bytes + buffered.bytes > PAYLOAD_LIMIT_BYTES)) break;
      bytes += buffered.bytes;
      count += 1;
    }
    this.#bytes -= bytes - ENVELOPE_BYTES;
    return this.#records.splice(0, count).map(({ record }) => record);
  }
}
