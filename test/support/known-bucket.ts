import { createCipheriv, createHash } from 'node:crypto';
import { type Random, seededRandom } from '../../local-cloud/faults/random.ts';
import { createFixedLevel } from '../../src/adaptive/fixed-level.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import { makeSamples } from '../simulation/content.ts';
import { SourceServiceHarness } from './source-service.ts';

/** The content of a bucket: keys and bytes. */
export type KnownObjects = ReadonlyMap<string, Uint8Array>;

const MB = 1e6;

const WORDS =
  'order ship cancel refund invoice warehouse customer parcel address retry timeout accepted queued sent'.split(' ');

/**
 * About 30 MB of eight kinds under seven prefixes: small and large objects, compressible or not. The same on every
 * machine.
 */
export function makeKnownObjects(): KnownObjects {
  const random = seededRandom(11);
  const objects = new Map<string, Uint8Array>();
  /** Cuts a source into objects, so that no content repeats. */
  const add = (prefix: string, extension: string, source: Uint8Array, sizeOf: () => number): void => {
    for (let start = 0, number = 0; start < source.length; number += 1) {
      const end = Math.min(source.length, start + Math.round(sizeOf()));
      objects.set(`${prefix}/${String(number).padStart(5, '0')}.${extension}`, source.subarray(start, end));
      start = end;
    }
  };
  const between = (least: number, most: number) => (): number => least * (most / least) ** random();
  const samples = (kind: Parameters<typeof makeSamples>[0], count: number): Uint8Array =>
    Buffer.concat(makeSamples(kind, count));
  const logs = makeText(
    12.5 * MB,
    (line) => `2026-11-29T12:${line % 60} ${word(random)} ${word(random)} id=${hex(random)}\n`,
  );
  const records = makeText(4 * MB, (line) => `{"order":"${hex(random)}","number":${line},"state":"${word(random)}"}\n`);
  const tables = samples('csv', 5);
  add('orders', 'json', records, between(4_000, 30_000));
  add('logs', 'log', logs.subarray(0, 3 * MB), between(20_000, MB));
  add('logs/whole', 'log', logs.subarray(3 * MB), () => 12 * MB);
  add('tables', 'csv', tables.subarray(0, 4 * MB), between(50_000, 500_000));
  add('lake', 'parquet', samples('parquet', 2), between(100_000, 500_000));
  add('sensors', 'bin', samples('sensors', 3), between(20_000, 200_000));
  add('photos', 'jpg', noise('photos', 4 * MB), between(100_000, MB));
  add('blobs/noise', 'dat', noise('blobs', MB), between(20_000, 200_000));
  add('blobs/text', 'dat', tables.subarray(4 * MB), between(20_000, 200_000));
  return objects;
}

function makeText(bytes: number, line: (number: number) => string): Buffer {
  const lines: string[] = [];
  for (let length = 0, number = 0; length < bytes; number += 1) {
    const text = line(number);
    lines.push(text);
    length += text.length;
  }
  return Buffer.from(lines.join(''), 'latin1');
}

function word(random: Random): string {
  return WORDS[Math.floor(random() * WORDS.length)] ?? '';
}

function hex(random: Random): string {
  return Math.floor(random() * 2 ** 32).toString(16);
}

/** Bytes that do not compress: a key stream. */
function noise(name: string, bytes: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Bytes of the archives that the source service makes of them at a level, including manifests and seek tables. */
export async function packKnownObjects(objects: KnownObjects, level: number, messagesPerBatch = 2000): Promise<number> {
  const service = new SourceServiceHarness({ levels: createFixedLevel(level) });
  const messages: QueueMessage[] = [];
  for (const [key, body] of objects) messages.push(await service.place(key, body));
  for (let first = 0; first < messages.length; first += messagesPerBatch) {
    const failed = await service.process(...messages.slice(first, first + messagesPerBatch));
    if (failed.length > 0) throw new Error(`${failed.length} objects were not packed`);
  }
  return service.archiveKeys().reduce((sum, key) => sum + service.archive(key).length, 0);
}
