import { describe, expect, test } from '@jest/globals';
import { ArchiveTooLargeError, CorruptArchiveError, ManifestMismatchError } from '../../../src/archive/errors.ts';
import { MAX_FRAME_SIZE, MAX_MANIFEST_SIZE } from '../../../src/archive/format.ts';
import type { FrameEntry } from '../../../src/archive/frame-entry.ts';
import type { Manifest, ManifestObject } from '../../../src/archive/manifest.ts';
import { memberName, relativeKey } from '../../../src/archive/member-name.ts';
import { planFrames } from '../../../src/archive/plan-frames.ts';
import type { RestoreFrame } from '../../../src/archive/plan-restore.ts';
import { manifestBytes, manifestFrame, planRestore } from '../../../src/archive/plan-restore.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt, layOutArchive, manifestTar } from '../../support/archives.ts';

const template = itemAt(layOutArchive([{ key: 'template', body: Buffer.alloc(0) }]).manifest.objects, 0);
const format = { name: 's3-cross-region-compressor', version: '1.0' } as const;

/** A consistent manifest and seek table for objects with these keys and sizes; no bytes are needed. */
function planned(objects: readonly (readonly [key: string, size: number])[]) {
  const plan = [...planFrames(objects.map(([key, size]) => ({ name: memberName(key), size })))];
  const frames = [...plan.map(({ size }) => size), 2048].map(
    (decompressed, index): FrameEntry => ({ offset: index * 100, compressed: 100, decompressed }),
  );
  const entries = objects.map(([key, size], member): ManifestObject => {
    const holding = plan.flatMap(({ slices }, frame) =>
      slices.filter((s) => s.member === member).map((s) => ({ frame, s })),
    );
    const first = itemAt(holding, 0);
    return {
      ...template,
      key,
      relative_key: relativeKey(key),
      size,
      frame: first.frame,
      offset: first.s.offset,
      ...(holding.length > 1 ? { frames: holding.length } : {}),
    };
  });
  const manifest: Manifest = { format, rule: 'r', level: 1, targets: [], objects: entries };
  return { plan, frames, manifest };
}

const OBJECTS = [
  ['a', 10],
  ['b/../b', 0],
  ['ü', 3000],
  ['large', 30 * MIB],
  ['c', 8 * MIB],
  ['d', 5],
] as const;

function restoreWith(change: (objects: ManifestObject[], frames: FrameEntry[]) => void): () => RestoreFrame[] {
  const { frames, manifest } = planned(OBJECTS);
  const objects = manifest.objects.map((object) => ({ ...object }));
  change(objects, frames);
  return () => [...planRestore({ ...manifest, objects }, frames, 's3://b/k')];
}

test('the frames of a restore are those that were planned', () => {
  const { plan, frames, manifest } = planned(OBJECTS);
  const restored = [...planRestore(manifest, frames, 'a')];
  expect(restored.map(({ slices, size }) => ({ slices, size }))).toEqual(plan);
  expect(restored.map(({ entry }) => entry)).toEqual(frames.slice(0, -1));
});

test('the order of the entries in the manifest does not matter', () => {
  const { plan, frames, manifest } = planned(OBJECTS);
  const restored = [...planRestore({ ...manifest, objects: manifest.objects.toReversed() }, frames, 'a')];
  const backwards = ({ member, ...slice }: (typeof plan)[number]['slices'][number]) => ({
    ...slice,
    member: OBJECTS.length - 1 - member,
  });
  expect(restored.map(({ slices }) => slices)).toEqual(plan.map(({ slices }) => slices.map(backwards)));
});

test('an archive without objects has nothing to restore', () => {
  const { frames, manifest } = planned([]);
  expect([...planRestore(manifest, frames, 'a')]).toEqual([]);
});

describe('a manifest that disagrees with the frames is refused', () => {
  type Change = (objects: ManifestObject[], frames: FrameEntry[]) => void;
  const setObject =
    (index: number, fields: Partial<ManifestObject>): Change =>
    (objects) => {
      objects[index] = { ...itemAt(objects, index), ...fields };
    };
  const cases: [string, Change][] = [
    ['an object is missing in the middle', (objects) => objects.splice(1, 1)],
    ['the last object of a frame is missing', (objects) => objects.splice(2, 1)],
    ['all objects of a frame are missing', (objects) => objects.splice(3, 1)],
    ['an object is listed twice', (objects) => objects.push(itemAt(objects, 0))],
    ['a key is listed twice', setObject(1, { key: 'a', relative_key: 'a' })],
    ['a frame has no room for one of its objects', (objects) => objects.push({ ...itemAt(objects, 0), offset: 9216 })],
    ['an offset is one block too far', setObject(1, { offset: 1536 })],
    ['an offset is not a block', setObject(1, { offset: 1025 })],
    ['an offset is huge', setObject(1, { offset: Number.MAX_SAFE_INTEGER })],
    ['two objects overlap', setObject(2, { offset: 512 })],
    ['a size is another number of blocks', setObject(0, { size: 513 })],
    ['a size is huge', setObject(5, { size: Number.MAX_SAFE_INTEGER })],
    ['a frame is beyond the archive', setObject(0, { frame: 99 })],
    ['a frame is that of the manifest', setObject(5, { frame: 7 })],
    ['a frame is huge', setObject(0, { frame: Number.MAX_SAFE_INTEGER })],
    ['an object spans one frame too many', setObject(3, { frames: 5 })],
    ['an object spans one frame too few', setObject(3, { frames: 3 })],
    ['an object begins one frame late', setObject(3, { frame: 2 })],
    ['an object spans a billion frames', setObject(3, { frames: 2 ** 30, size: 2 ** 53 - 1 })],
    ['a small object spans two frames', setObject(2, { frames: 2 })],
    ['a large object does not begin its frame', setObject(3, { offset: 512 })],
    [
      'a frame is longer than its objects',
      (_, frames) => frames.splice(0, 1, { ...itemAt(frames, 0), decompressed: 9216 }),
    ],
    ['two frames are swapped', (_, frames) => frames.splice(0, 2, itemAt(frames, 1), itemAt(frames, 0))],
    ['a frame is missing', (_, frames) => frames.splice(1, 1)],
    ['no object needs one of the frames', (_, frames) => frames.splice(1, 0, { ...itemAt(frames, 0) })],
    ['the member name is that of another key', setObject(0, { relative_key: 'b' })],
    ['the member name is the plain key but must be encoded', setObject(1, { relative_key: 'b/../b' })],
    ['the key is that of another member name', setObject(0, { key: 'someone/else' })],
  ];

  test.each(cases)('when %s', (_what, change) => {
    expect(restoreWith(change)).toThrow(ManifestMismatchError);
    expect(restoreWith(change)).toThrow(/s3:\/\/b\/k/);
  });

  test('when a frame is larger than readers hold in memory', () => {
    const { frames, manifest } = planned([['a', 5]]);
    const [first, last] = [itemAt(frames, 0), itemAt(frames, 1)];
    const objects = [{ ...itemAt(manifest.objects, 0), size: MAX_FRAME_SIZE }];
    const restore = (): unknown =>
      planRestore({ ...manifest, objects }, [{ ...first, decompressed: 512 + MAX_FRAME_SIZE }, last], 'a');
    expect(restore).toThrow(ArchiveTooLargeError);
  });

  test('in time that does not grow with what its entries claim', () => {
    const { frames, manifest } = planned([['a', 2 ** 38]]);
    const claims = Array.from({ length: 10_000 }, (_, index) => ({
      ...itemAt(manifest.objects, 0),
      key: `k${index}`,
      relative_key: `k${index}`,
    }));
    const started = performance.now();
    expect(() => planRestore({ ...manifest, objects: claims }, frames, 'a')).toThrow(ManifestMismatchError);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('the frame of the manifest', () => {
  const json = Buffer.from('{"objects":[]}');

  test('is the last one', () => {
    const { frames } = planned(OBJECTS);
    expect(manifestFrame(frames, 'a')).toBe(frames.at(-1));
  });

  test.each([0, 1, 511, 512, 513, 100_000])('returns the %i bytes of manifest.json', (size) => {
    const bytes = Buffer.alloc(size, 'x');
    expect(Buffer.from(manifestBytes(manifestTar(bytes), 'a')).equals(bytes)).toBe(true);
  });

  test('must exist', () => {
    expect(() => manifestFrame([], 'a')).toThrow(ManifestMismatchError);
  });

  test('must not be larger than readers hold in memory', () => {
    const frame = { offset: 0, compressed: 10, decompressed: MAX_MANIFEST_SIZE + 1 };
    expect(() => manifestFrame([frame], 'a')).toThrow(ArchiveTooLargeError);
  });

  const tar = manifestTar(json);
  const withByte = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(tar);
    bytes.writeUInt8(value, at);
    return bytes;
  };
  test.each([
    ['is empty', Buffer.alloc(0), ManifestMismatchError],
    ['is shorter than a header', tar.subarray(0, 511), ManifestMismatchError],
    ['is cut short', tar.subarray(0, -1), ManifestMismatchError],
    ['continues after the end of the tar', Buffer.concat([tar, Buffer.alloc(512)]), ManifestMismatchError],
    ['is all zeros', Buffer.alloc(2048), ManifestMismatchError],
    ['has a body that is longer than declared', withByte(512 + json.length, 1), ManifestMismatchError],
    ['does not end with zeros', withByte(tar.length - 1, 1), ManifestMismatchError],
    ['holds a member with another name', withByte(0, 0x4d), CorruptArchiveError],
    ['holds a link with that name', withByte(156, 0x32), CorruptArchiveError],
  ])('is refused when it %s', (_what, bytes, error) => {
    expect(() => manifestBytes(bytes, 'a')).toThrow(error);
  });
});
