import { describe, expect, test } from '@jest/globals';
import {
  ArchiveTooLargeError,
  CorruptArchiveError,
  InvalidManifestError,
  ManifestMismatchError,
  ObjectChecksumError,
  UnsupportedArchiveError,
} from '../../../src/archive/errors.ts';
import { MAX_FRAME_SIZE, MAX_MANIFEST_SIZE } from '../../../src/archive/format.ts';
import { encodeManifest } from '../../../src/archive/manifest.ts';
import { CompressorError } from '../../../src/errors.ts';
import { MIB } from '../../../src/units.ts';
import type { ArchiveParts, RestoredObject } from '../../support/archives.ts';
import {
  buildArchive,
  compressFrame,
  itemAt,
  joinFrames,
  layOutArchive,
  manifestTar,
  readArchive,
  readSeekTable,
  sealArchive,
  sealFrames,
} from '../../support/archives.ts';

const OBJECTS = ['one', 'two/ü', '../three'].map((key, index) => ({
  key,
  body: Buffer.from(`${key} `.repeat(100 * index)),
  tags: [{ name: key }],
}));
const ARCHIVE = buildArchive(OBJECTS);

/** The result of reading: the objects, or the typed error. Any other error fails the test. */
function outcomeOf(bytes: Buffer): RestoredObject[] | CompressorError {
  try {
    return readArchive(bytes);
  } catch (error) {
    if (error instanceof CompressorError) return error;
    throw error;
  }
}

test('each truncation is refused', () => {
  for (let length = 0; length < ARCHIVE.length; length += 1) {
    expect(outcomeOf(ARCHIVE.subarray(0, length))).toBeInstanceOf(CompressorError);
  }
});

test('a flipped bit anywhere is refused, or changes nothing that is restored', () => {
  const intact = readArchive(ARCHIVE);
  let refused = 0;
  for (let bit = 0; bit < ARCHIVE.length * 8; bit += 3) {
    const damaged = Buffer.from(ARCHIVE);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const outcome = outcomeOf(damaged);
    if (outcome instanceof CompressorError) refused += 1;
    else expect(outcome).toEqual(intact);
  }
  expect(refused).toBeGreaterThan((ARCHIVE.length * 8 * 0.99) / 3);
});

test('a flipped bit anywhere in the tar is refused even if the frame around it is sound', () => {
  const { tarFrames, manifest } = layOutArchive(OBJECTS.slice(0, 2));
  const tar = itemAt(tarFrames, 0);
  for (let bit = 0; bit < tar.length * 8; bit += 29) {
    const damaged = Buffer.from(tar);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(outcomeOf(sealArchive({ tarFrames: [damaged], manifest }))).toBeInstanceOf(CompressorError);
  }
});

describe('a manifest and a tar that disagree', () => {
  const parts = (): ArchiveParts => layOutArchive(OBJECTS);
  const withObjects = (change: (objects: ArchiveParts['manifest']['objects']) => void): Buffer => {
    const { tarFrames, manifest } = parts();
    change(manifest.objects);
    return sealArchive({ tarFrames, manifest });
  };
  const other = { key: 'six', body: Buffer.from('other') };

  test.each([
    ['an object of the tar is not in the manifest', withObjects((objects) => objects.pop()), ManifestMismatchError],
    [
      'an object of the manifest is not in the tar',
      withObjects((objects) => objects.push({ ...itemAt(objects, 0), key: 'x', relative_key: 'x', offset: 99 })),
      ManifestMismatchError,
    ],
    [
      'an object has another key',
      withObjects((objects) => Object.assign(itemAt(objects, 0), { key: 'oms', relative_key: 'oms' })),
      CorruptArchiveError,
    ],
    [
      'an object has another size with the same number of blocks',
      withObjects((objects) => Object.assign(itemAt(objects, 1), { size: 601 })),
      CorruptArchiveError,
    ],
    [
      "two objects have each other's keys",
      withObjects((objects) => {
        const [a, b] = [itemAt(objects, 0), itemAt(objects, 1)];
        const key = { key: a.key, relative_key: a.relative_key };
        Object.assign(a, { key: b.key, relative_key: b.relative_key });
        Object.assign(b, key);
      }),
      ManifestMismatchError,
    ],
    [
      'an object has the checksum of other bytes',
      withObjects((objects) => Object.assign(itemAt(objects, 1), { crc32: '00000000' })),
      ObjectChecksumError,
    ],
    [
      'the frame is that of another archive',
      sealArchive({ tarFrames: layOutArchive([other]).tarFrames, manifest: parts().manifest }),
      ManifestMismatchError,
    ],
  ])('are refused when %s', (_what, bytes, error) => {
    expect(outcomeOf(bytes)).toBeInstanceOf(error);
  });

  test('are refused when frames of equal size are swapped', () => {
    const { tarFrames, manifest } = layOutArchive(['a', 'b'].map((key) => ({ key, body: Buffer.alloc(5 * MIB, key) })));
    expect(outcomeOf(sealArchive({ tarFrames: tarFrames.toReversed(), manifest }))).toBeInstanceOf(CorruptArchiveError);
  });

  test('are refused when the pieces of a large object are swapped', () => {
    const body = Buffer.alloc(24 * MIB);
    body.fill('second', 8 * MIB, 16 * MIB);
    const { tarFrames, manifest } = layOutArchive([{ key: 'large', body }]);
    const [first, second, third] = [0, 1, 2].map((index) => itemAt(tarFrames, index));
    const swapped = [first, third, second].flatMap((frame) =>
      frame === undefined ? [] : [frame.subarray(0, second?.length)],
    );
    expect(outcomeOf(sealArchive({ tarFrames: swapped, manifest }))).toBeInstanceOf(CompressorError);
  });
});

describe('frames that lie about their size', () => {
  const { tarFrames, manifest } = layOutArchive(OBJECTS);
  const tar = itemAt(tarFrames, 0);
  const last = manifestTar(encodeManifest(manifest));
  const frame = (bytes: Uint8Array, decompressed = bytes.length) => ({ bytes: compressFrame(bytes), decompressed });

  test('a frame that holds more than the seek table says is refused before it is decompressed', () => {
    const bomb = frame(Buffer.alloc(64 * MIB), tar.length);
    expect(outcomeOf(joinFrames([bomb, frame(last)]))).toBeInstanceOf(CorruptArchiveError);
  });

  test('a frame that holds less than the seek table says is refused', () => {
    const short = frame(tar.subarray(0, -512), tar.length);
    expect(outcomeOf(joinFrames([short, frame(last)]))).toBeInstanceOf(CorruptArchiveError);
  });

  test('a frame of the manifest that is larger than readers hold is refused based on its declared size', () => {
    const bomb = frame(last, MAX_MANIFEST_SIZE + 1);
    expect(outcomeOf(joinFrames([frame(tar), bomb]))).toBeInstanceOf(ArchiveTooLargeError);
  });

  test('a frame of objects that is larger than readers hold is refused based on its declared size', () => {
    const bomb = frame(tar, MAX_FRAME_SIZE + 1);
    expect(outcomeOf(joinFrames([bomb, frame(last)]))).toBeInstanceOf(ArchiveTooLargeError);
  });

  test('two zstd frames in place of one are refused', () => {
    const halves = Buffer.concat([compressFrame(tar.subarray(0, 512)), compressFrame(tar.subarray(512))]);
    const two = { bytes: halves, decompressed: tar.length };
    expect(outcomeOf(joinFrames([two, frame(last)]))).toBeInstanceOf(CorruptArchiveError);
  });

  test('bytes that are not zstd are refused', () => {
    const plain = { bytes: tar, decompressed: tar.length };
    expect(outcomeOf(joinFrames([plain, frame(last)]))).toBeInstanceOf(CorruptArchiveError);
  });
});

describe('something other than an archive', () => {
  const { tarFrames, manifest } = layOutArchive(OBJECTS);
  const json = (value: unknown): Buffer => sealFrames([...tarFrames, manifestTar(Buffer.from(JSON.stringify(value)))]);
  const format = { name: 's3-cross-region-compressor', version: '3.0' };

  test.each([
    ['nothing', Buffer.alloc(0), UnsupportedArchiveError],
    ['a text', Buffer.from('no archive at all'), UnsupportedArchiveError],
    ['zstd without a seek table', compressFrame(Buffer.alloc(1000)), UnsupportedArchiveError],
    ['an empty seek table', joinFrames([]), ManifestMismatchError],
    ['objects without a manifest', sealFrames(tarFrames), ManifestMismatchError],
    ['a later major version', json({ ...manifest, format }), UnsupportedArchiveError],
    ['a manifest without fields', json({}), InvalidManifestError],
    [
      'a manifest of another product',
      json({ ...manifest, format: { name: 'x', version: '1.0' } }),
      InvalidManifestError,
    ],
    ['bytes before the archive', Buffer.concat([Buffer.alloc(9), ARCHIVE]), CorruptArchiveError],
    ['bytes after the archive', Buffer.concat([ARCHIVE, Buffer.alloc(9)]), UnsupportedArchiveError],
    ['two archives', Buffer.concat([ARCHIVE, ARCHIVE]), CorruptArchiveError],
  ])('%s is refused', (_what, bytes, error) => {
    expect(outcomeOf(bytes)).toBeInstanceOf(error);
  });
});

test('an archive without objects is accepted', () => {
  expect(readArchive(buildArchive([]))).toEqual([]);
  expect(readSeekTable(buildArchive([]))).toHaveLength(1);
});
