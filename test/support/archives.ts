import { combineCrc32, crc32, crc32ToHex } from '../../src/archive/checksum.ts';
import { CorruptArchiveError, UnsupportedArchiveError } from '../../src/archive/errors.ts';
import { MANIFEST_MEMBER, TAR_END } from '../../src/archive/format.ts';
import type { ExpectedSlice } from '../../src/archive/frame-bytes.ts';
import { assembleFrame, checksumMismatchError, verifyFrame } from '../../src/archive/frame-bytes.ts';
import type { FrameEntry, FrameSize } from '../../src/archive/frame-entry.ts';
import type { Manifest, ManifestObject } from '../../src/archive/manifest.ts';
import { decodeManifest, encodeManifest, publicKeyFields } from '../../src/archive/manifest.ts';
import { memberName, relativeKey } from '../../src/archive/member-name.ts';
import { planFrames } from '../../src/archive/plan-frames.ts';
import { manifestBytes, manifestFrame, planRestore } from '../../src/archive/plan-restore.ts';
import { decodeSeekTable, encodeSeekTable, seekTableLength } from '../../src/archive/seek-table.ts';
import { memberHeaderLength, memberPadding } from '../../src/archive/tar-header.ts';
import { compressBound, FrameCompressor, FrameDecompressor } from '../../src/compression/zstd-frames.ts';

/** An object to pack: its key and bytes, and the other fields of its manifest entry (defaults below). */
export interface TestObject
  extends Partial<
    Pick<ManifestObject, 'tags' | 'headers' | 'metadata' | 'sequencer' | 'read_time' | 'event_time' | 'by_removal'>
  > {
  readonly key: string;
  readonly body: Uint8Array;
  /** Seconds since 1970. */
  readonly modified?: number;
  readonly etag?: string;
}

/** An archive before it is compressed, so that a test can change either side and seal it again. */
export interface ArchiveParts {
  /** Tar bytes of each frame of objects. */
  readonly tarFrames: Buffer[];
  readonly manifest: Omit<Manifest, 'format'>;
}

export interface RestoredObject {
  readonly object: ManifestObject;
  readonly body: Buffer;
}

const MODIFIED = 1_700_000_000;
const compressor = new FrameCompressor();
const decompressor = new FrameDecompressor();

/** A complete archive of these objects, like one from the source service. */
export function buildArchive(objects: readonly TestObject[], level = 1): Buffer {
  return sealArchive(layOutArchive(objects), level);
}

export function layOutArchive(objects: readonly TestObject[]): ArchiveParts {
  const members = objects.map(({ key, body }) => ({ name: memberName(key), size: body.length }));
  const entries = new Map<number, ManifestObject>();
  const tarFrames = [...planFrames(members)].map((plan, frame) => {
    const buffer = Buffer.alloc(plan.size, 0xff);
    const named = plan.slices.map((slice) => {
      const { body, modified = MODIFIED } = itemAt(objects, slice.member);
      buffer.set(body.subarray(slice.start, slice.start + slice.length), slice.offset + slice.headerLength);
      return { ...slice, ...itemAt(members, slice.member), modified };
    });
    const { size, offsets, checksums } = assembleFrame(buffer, named);
    plan.slices.forEach(({ member, start, length }, index) => {
      const checksum = itemAt(checksums, index);
      const begun = entries.get(member);
      const whole =
        begun === undefined || start === 0
          ? { ...describe(itemAt(objects, member)), crc32: crc32ToHex(checksum), frame, offset: itemAt(offsets, index) }
          : {
              ...begun,
              crc32: crc32ToHex(combineCrc32(Number.parseInt(begun.crc32, 16), checksum, length)),
              frames: (begun.frames ?? 1) + 1,
            };
      entries.set(member, whole);
    });
    return buffer.subarray(0, size);
  });
  const manifest = { rule: 'test-rule', level: 1, targets: [{ region: 'eu-west-1', bucket: 'target-bucket' }] };
  return { tarFrames, manifest: { ...manifest, objects: [...entries.values()] } };
}

/** The tar bytes of the last frame. */
export function manifestTar(json: Uint8Array): Buffer {
  const headerLength = memberHeaderLength(MANIFEST_MEMBER, json.length);
  const padding = memberPadding(json.length);
  const buffer = Buffer.alloc(headerLength + json.length + padding + TAR_END);
  buffer.set(json, headerLength);
  const slice = { name: MANIFEST_MEMBER, size: json.length, offset: 0, headerLength, length: json.length, padding };
  assembleFrame(buffer, [{ ...slice, modified: MODIFIED }], true);
  return buffer;
}

export function sealArchive({ tarFrames, manifest }: ArchiveParts, level = 1): Buffer {
  return sealFrames([...tarFrames, manifestTar(encodeManifest(manifest))], level);
}

/** Compresses tar bytes frame by frame and appends a seek table. */
export function sealFrames(tarFrames: readonly Uint8Array[], level = 1): Buffer {
  return joinFrames(tarFrames.map((tar) => ({ bytes: compressFrame(tar, level), decompressed: tar.length })));
}

/** Zstd frames and a seek table with the sizes from the test. */
export function joinFrames(frames: readonly { readonly bytes: Uint8Array; readonly decompressed: number }[]): Buffer {
  const sizes = frames.map(({ bytes, decompressed }): FrameSize => ({ compressed: bytes.length, decompressed }));
  return Buffer.concat([...frames.map(({ bytes }) => bytes), encodeSeekTable(sizes)]);
}

export function compressFrame(tar: Uint8Array, level = 1): Buffer {
  const output = Buffer.alloc(compressBound(tar.length));
  return output.subarray(0, compressor.compress(output, tar, level));
}

export function readSeekTable(bytes: Buffer, archive = 'test.tar.zst'): FrameEntry[] {
  const length = seekTableLength(bytes.subarray(-9), archive);
  if (length === undefined) throw new UnsupportedArchiveError(`${archive} does not end in a seek table`);
  return [...decodeSeekTable(bytes.subarray(-length), bytes.length, archive)];
}

/** The manifest of an archive. */
export function readManifest(bytes: Buffer, archive = 'test.tar.zst'): Manifest {
  const frame = decompressFrame(bytes, manifestFrame(readSeekTable(bytes, archive), archive), archive);
  return decodeManifest(manifestBytes(frame, archive), archive);
}

/** Reads an archive in memory, with the steps of docs/format.md. */
export function readArchive(bytes: Buffer, archive = 'test.tar.zst'): RestoredObject[] {
  const frames = readSeekTable(bytes, archive);
  const manifestTarBytes = decompressFrame(bytes, manifestFrame(frames, archive), archive);
  const manifest = decodeManifest(manifestBytes(manifestTarBytes, archive), archive);
  const pieces = manifest.objects.map((): Buffer[] => []);
  for (const frame of planRestore(manifest, frames, archive)) {
    const tar = decompressFrame(bytes, frame.entry, archive);
    const expected = frame.slices.map((slice): ExpectedSlice => {
      const object = itemAt(manifest.objects, slice.member);
      return { ...slice, name: memberName(object.key), size: object.size };
    });
    verifyFrame(tar, expected);
    for (const { member, offset, headerLength, length } of frame.slices) {
      itemAt(pieces, member).push(tar.subarray(offset + headerLength, offset + headerLength + length));
    }
  }
  return manifest.objects.map((object, index) => {
    const body = Buffer.concat(itemAt(pieces, index));
    const expected = Number.parseInt(object.crc32, 16);
    if (crc32(body) !== expected) throw checksumMismatchError(object.relative_key, expected, crc32(body));
    return { object, body };
  });
}

export function decompressFrame(bytes: Buffer, entry: FrameEntry, archive = 'test.tar.zst'): Buffer {
  const tar = Buffer.alloc(entry.decompressed);
  try {
    const frame = bytes.subarray(entry.offset, entry.offset + entry.compressed);
    decompressor.decompress(tar, frame, entry.decompressed);
  } catch (cause) {
    throw new CorruptArchiveError(`A frame of ${archive} cannot be restored`, { cause });
  }
  return tar;
}

/** The item, which must exist. */
export function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`There is no item ${index} among ${items.length}`);
  return item;
}

function describe({
  key,
  body,
  modified = MODIFIED,
  tags = [],
  headers,
  metadata,
  sequencer,
  read_time,
  event_time,
  by_removal,
  etag,
}: TestObject) {
  const time = new Date(modified * 1000).toISOString();
  return {
    source_bucket: 'source-bucket',
    ...publicKeyFields(key),
    relative_key: relativeKey(key),
    tags,
    creation_time: time.slice(0, 19).replace('T', ' '),
    etag: etag ?? 'd41d8cd98f00b204e9800998ecf8427e',
    size: body.length,
    storage_class: 'STANDARD',
    key,
    event_time: event_time ?? time,
    ...(headers === undefined ? {} : { headers }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(sequencer === undefined ? {} : { sequencer }),
    ...(by_removal === undefined ? {} : { by_removal }),
    ...(read_time === undefined ? {} : { read_time }),
  };
}
