import { readFileSync } from 'node:fs';
import { combineCrc32, crc32 } from '../../src/archive/checksum.ts';
import { FramePool } from '../../src/compression/frame-pool.ts';
import { packBatch } from '../../src/packing/process-batch.ts';
import type { CompleteRequest, ObjectUpload, ReadRequest, WriteTarget } from '../../src/storage/object-store.ts';
import type { ObjectDescription, ObjectLocation } from '../../src/storage/stored-object.ts';
import { MIB } from '../../src/units.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { createFrameBuffers } from '../../src/wiring/target.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { queueMessage, s3Notification } from './notifications.ts';
import { exampleRule } from './rules.ts';
import { OUTBOUND, SourceServiceHarness } from './source-service.ts';
import { INBOUND, TARGET, TargetRegion } from './target-region.ts';

/**
 * Sends one large object through both services in a separate process, to measure their peak memory. The object is
 * generated as it is read and checked as it is written; only its archive is kept, which is small.
 *
 *     node test/support/send-large-object.ts BYTES   prints {"returned":[],"bytes":..,"crcAgrees":true,"archiveBytes":..,"peakMegabytes":..}
 */
const size = Number(process.argv[2]);
const KEY = 'large.log';
const LINE = 'the quick brown fox jumps over the lazy dog; ';

/** Any range of a text in which each 64 KiB piece differs. */
function fill(into: Uint8Array, start: number): void {
  const piece = 64 * 1024;
  for (let at = 0; at < into.length; ) {
    const offset = (start + at) % piece;
    const text = Buffer.from(`${Math.floor((start + at) / piece)} ${LINE}`.repeat(2000)).subarray(0, piece);
    const length = Math.min(piece - offset, into.length - at, text.length - offset);
    into.set(text.subarray(offset, offset + length), at);
    at += length;
  }
}

const DESCRIPTION: ObjectDescription = {
  size,
  etag: 'large-1',
  lastModified: new Date(0),
  headers: {},
  metadata: {},
  storageClass: 'STANDARD',
  tagCount: 0,
  missingMetadata: 0,
};

class LargeObjectSource extends MemoryObjectStore {
  override read(request: ReadRequest): Promise<ObjectDescription> {
    if (request.key !== KEY) return super.read(request);
    fill(request.into, request.start ?? 0);
    return Promise.resolve(DESCRIPTION);
  }

  override readTags(location: ObjectLocation, signal?: AbortSignal): ReturnType<MemoryObjectStore['readTags']> {
    return location.key === KEY ? Promise.resolve({ tags: [] }) : super.readTags(location, signal);
  }

  override head(location: ObjectLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined> {
    return location.key === KEY ? Promise.resolve({ ...DESCRIPTION, crc32: expected }) : super.head(location, signal);
  }
}

/** Accepts parts in any order and keeps only their checksums. */
class CheckingTarget extends MemoryObjectStore {
  bytes = 0;
  crc = 0;

  override createUpload(target: WriteTarget): Promise<ObjectUpload> {
    if (target.bucket !== TARGET) return super.createUpload(target);
    const parts = new Map<number, { crc: number; length: number }>();
    return Promise.resolve({
      id: 'checking',
      earlier: [],
      takePart: () => Promise.reject(new Error('no part of this object is staged')),
      uploadPart: (partNumber: number, body: Uint8Array) => {
        parts.set(partNumber, { crc: crc32(body), length: body.length });
        return Promise.resolve();
      },
      complete: ({ lastPart = Number.POSITIVE_INFINITY }: CompleteRequest) => {
        const named = [...parts].filter(([number]) => number <= lastPart);
        for (const [, { crc, length }] of named.toSorted(([left], [right]) => left - right)) {
          this.crc = combineCrc32(this.crc, crc, length);
          this.bytes += length;
        }
        return Promise.resolve({ etag: 'restored' });
      },
      abort: () => Promise.resolve(),
    });
  }
}

/** `getrusage` would report the memory of the parent process if that was larger. */
function peakMegabytes(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

/** The checksum of the complete object, as S3 keeps it. */
let expected = 0;
const piece = new Uint8Array(8 * MIB);
for (let start = 0; start < size; start += piece.length) {
  const part = piece.subarray(0, Math.min(piece.length, size - start));
  fill(part, start);
  expected = combineCrc32(expected, crc32(part), part.length);
}

const pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });
const outbound = new LargeObjectSource();
const source = new SourceServiceHarness({
  rule: exampleRule(),
  store: outbound,
  pool,
  buffers: createPackingBuffers(2),
});
const event = queueMessage(s3Notification({ key: KEY, size, etag: 'large-1' }));
const packed = await packBatch([event], () => 900_000, source.dependencies);
const [key = ''] = outbound.keys(OUTBOUND);
const archive = outbound.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0);

const inbound = new CheckingTarget();
const etag = await inbound.place({ bucket: INBOUND, key }, archive);
const region = new TargetRegion({ wrap: () => inbound, dependencies: { pool, buffers: createFrameBuffers(2) } });
const arrival = queueMessage(s3Notification({ bucket: INBOUND, key, etag, size: archive.length }));
const restored = await region.process(arrival);
await pool.close();

process.stdout.write(
  `${JSON.stringify({
    returned: [...packed.batchItemFailures, ...restored.batchItemFailures],
    bytes: inbound.bytes,
    crcAgrees: inbound.crc === expected,
    archiveBytes: archive.length,
    peakMegabytes: peakMegabytes(),
  })}\n`,
);
