import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { MAX_MANIFEST_SIZE } from '../../../src/archive/format.ts';
import { encodeManifest, publicKeyFields } from '../../../src/archive/manifest.ts';
import { encodeSeekTable } from '../../../src/archive/seek-table.ts';
import { WorkerLostError } from '../../../src/compression/errors.ts';
import { expectedSlice } from '../../../src/restoring/expected-slice.ts';
import { openArchive, readFrame } from '../../../src/restoring/open-archive.ts';
import type { ObjectReader, ReadRequest } from '../../../src/storage/object-store.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';
import { KIB, MIB } from '../../../src/units.ts';
import {
  compressFrame,
  itemAt,
  joinFrames,
  layOutArchive,
  manifestTar,
  readSeekTable,
} from '../../support/archives.ts';
import { archiveOf, DirectRestoration, textObject } from '../../support/target-region.ts';

const pool = new DirectRestoration();
const TAIL = 64 * KIB;
const DESCRIPTION = { etag: 'e', lastModified: new Date(0), headers: {}, metadata: {}, storageClass: 'STANDARD' };

/** An archive's bytes by offset, and the ranges that were read. */
class Archive implements ObjectReader {
  readonly reads: [start: number, length: number][] = [];
  readonly version: { bucket: string; key: string; etag: string; size: number };
  readonly #bytesAt: (start: number, length: number) => Uint8Array;

  constructor(size: number, bytesAt: (start: number, length: number) => Uint8Array) {
    this.version = { bucket: 'inbound', key: 'rule/a.tar.zst', etag: 'e', size };
    this.#bytesAt = bytesAt;
  }

  static of(bytes: Buffer): Archive {
    return new Archive(bytes.length, (start, length) => bytes.subarray(start, start + length));
  }

  read({ start = 0, into }: ReadRequest): Promise<ObjectDescription> {
    this.reads.push([start, into.length]);
    into.set(this.#bytesAt(start, into.length));
    return Promise.resolve({ ...DESCRIPTION, size: this.version.size, tagCount: 0, missingMetadata: 0 });
  }

  open() {
    return openArchive(this.version, { store: this, pool });
  }
}

/** An archive of empty objects, one frame each. */
function frameEach(keys: readonly string[]): { bytes: Buffer; frame: Buffer; manifest: Buffer } {
  const { tarFrames, manifest } = layOutArchive([textObject('k', '')]);
  const [described, tarFrame] = [itemAt(manifest.objects, 0), itemAt(tarFrames, 0)];
  const objects = keys.map((key, frame) => ({ ...described, ...publicKeyFields(key), relative_key: key, key, frame }));
  const tar = manifestTar(encodeManifest({ ...manifest, objects }));
  const frame = { bytes: compressFrame(tarFrame), decompressed: tarFrame.length };
  const last = { bytes: compressFrame(tar), decompressed: tar.length };
  return { bytes: joinFrames([...keys.map(() => frame), last]), frame: frame.bytes, manifest: last.bytes };
}

describe('openArchive opens an archive', () => {
  test('with one read if its tail holds manifest and seek table', async () => {
    const bytes = archiveOf([textObject('a', 'one'), textObject('b', 'two')]);
    const archive = Archive.of(bytes);
    const opened = await archive.open();
    expect(opened?.manifest.objects.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(archive.reads).toEqual([[0, bytes.length]]);
    expect(Buffer.from(opened?.tail ?? []).equals(bytes)).toBe(true);
  });

  test('with a second read if the manifest begins before its tail', async () => {
    const keys = Array.from({ length: 2000 }, () => randomBytes(40).toString('hex'));
    const { bytes, manifest } = frameEach(keys);
    const archive = Archive.of(bytes);
    expect((await archive.open())?.manifest.objects).toHaveLength(keys.length);
    const entry = readSeekTable(bytes).at(-1);
    expect(archive.reads).toEqual([
      [bytes.length - TAIL, TAIL],
      [entry?.offset, manifest.length],
    ]);
  });

  test('with a third read if the seek table is longer than its tail', async () => {
    const keys = Array.from({ length: 9000 }, (_, index) => `${index}`);
    const { bytes, frame, manifest } = frameEach(keys);
    const table = bytes.length - keys.length * frame.length - manifest.length;
    expect(table).toBeGreaterThan(TAIL);
    const archive = Archive.of(bytes);
    expect((await archive.open())?.manifest.objects).toHaveLength(keys.length);
    expect(archive.reads).toEqual([
      [bytes.length - TAIL, TAIL],
      [bytes.length - table, table],
      [bytes.length - table - manifest.length, manifest.length],
    ]);
  });
});

describe('openArchive does not open an archive', () => {
  test('that is empty, and reads nothing', async () => {
    const archive = Archive.of(Buffer.alloc(0));
    await expect(archive.open()).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    expect(archive.reads).toEqual([]);
  });

  test("without a seek table, which may be the public implementation's, after reading it twice", async () => {
    const archive = Archive.of(Buffer.alloc(100, 'public'));
    expect(await archive.open()).toBeUndefined();
    expect(archive.reads).toHaveLength(2);
  });

  test('whose seek table would be longer than the archive', async () => {
    const bytes = archiveOf([textObject('a', 'one')]);
    bytes.writeUInt32LE(1000, bytes.length - 9);
    const archive = Archive.of(bytes);
    await expect(archive.open()).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    expect(archive.reads).toEqual(Array(2).fill([0, bytes.length]));
  });

  test('if a worker is lost, which says nothing about the archive', async () => {
    const archive = Archive.of(archiveOf([textObject('k', 'body')]));
    const restore = () => Promise.reject(new WorkerLostError('killed'));
    const opening = openArchive(archive.version, { store: archive, pool: { threads: 1, restore } });
    await expect(opening).rejects.toThrow(WorkerLostError);
  });

  test('if a read fails, and does not repeat the read', async () => {
    const archive = Archive.of(archiveOf([textObject('a', 'one')]));
    archive.version.size += 1;
    const store = { read: () => archive.read({ ...archive.version, into: new Uint8Array(1) }) };
    await expect(openArchive({ ...archive.version, size: 5 }, { store, pool })).rejects.toMatchObject({
      code: 'OBJECT_SIZE_MISMATCH',
    });
    expect(archive.reads).toHaveLength(1);
  });

  test('whose compressed manifest is larger than the largest one can be', async () => {
    const most = MAX_MANIFEST_SIZE + MAX_MANIFEST_SIZE / 256;
    const archiveWith = (compressed: number): Archive => {
      const table = encodeSeekTable([{ compressed, decompressed: MAX_MANIFEST_SIZE }]);
      const size = compressed + table.length;
      return new Archive(size, (start, length) => {
        const bytes = Buffer.alloc(length);
        if (start + length === size) table.copy(bytes, length - table.length);
        return bytes;
      });
    };
    const larger = archiveWith(most + 1);
    await expect(larger.open()).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    expect(larger.reads.map(([, length]) => length)).toEqual([TAIL, TAIL]);
    const largest = archiveWith(most);
    await expect(largest.open()).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    expect(largest.reads.map(([, length]) => length)).toEqual([TAIL, most, TAIL, most]);
  });
});

test('readFrame takes a frame from the tail, but reads from S3 if the frame begins one byte earlier', async () => {
  const bytes = randomBytes(MIB);
  const archive = Archive.of(bytes);
  const opened = { archive: archive.version, tail: bytes.subarray(MIB - 1000) };
  const read = async (offset: number): Promise<boolean> => {
    const into = Buffer.alloc(500);
    await readFrame(opened, { offset, compressed: 500, decompressed: 1 }, into, { store: archive });
    return into.equals(bytes.subarray(offset, offset + 500));
  };
  expect([await read(MIB - 1000), await read(MIB - 500)]).toEqual([true, true]);
  expect(archive.reads).toEqual([]);
  expect(await read(MIB - 1001)).toBe(true);
  expect(archive.reads).toEqual([[MIB - 1001, 500]]);
});

test("a slice is checked against the object's checksum only if it is the whole object", () => {
  const { manifest } = layOutArchive([textObject('k', 'body')]);
  const object = itemAt(manifest.objects, 0);
  const slice = { member: 0, offset: 0, headerLength: 512, start: 0, length: 4, padding: 508 };
  expect(expectedSlice(slice, object).crc32).toBe(Number.parseInt(object.crc32, 16));
  expect('crc32' in expectedSlice({ ...slice, length: 3 }, object)).toBe(false);
});
