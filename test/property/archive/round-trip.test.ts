import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FRAME_TARGET } from '../../../src/archive/format.ts';
import { KIB, MIB } from '../../../src/units.ts';
import type { TestObject } from '../../support/archives.ts';
import { buildArchive, itemAt, readArchive } from '../../support/archives.ts';
import { HOSTILE_KEYS, objectKeys } from '../../support/hostile-keys.ts';

/** Bodies are windows of one buffer, which makes large ones cheap; its bytes differ at every offset. */
const CONTENT = Buffer.alloc(26 * MIB);
for (let at = 0; at < CONTENT.length; at += 4) CONTENT.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);

const texts = fc.string({ unit: 'grapheme', maxLength: 12 });
const names = fc.oneof(texts, fc.constantFrom('__proto__', 'constructor', 'toString'));

function objectsOf(sizes: fc.Arbitrary<number>, maxLength: number) {
  const object = fc.record({
    key: objectKeys,
    size: sizes,
    start: fc.integer({ min: 0, max: MIB }),
    modified: fc.integer({ min: 0, max: 8_000_000_000 }),
    tags: fc.array(
      fc.tuple(names, texts).map(([name, value]) => ({ [name]: value })),
      { maxLength: 3 },
    ),
    metadata: fc.array(fc.tuple(names, texts), { maxLength: 3 }),
  });
  return fc
    .uniqueArray(object, { selector: ({ key }) => key, maxLength })
    .map((objects) =>
      objects.map(({ size, start, ...rest }) => ({ ...rest, body: CONTENT.subarray(start, start + size) })),
    );
}

function expectRoundTrip(objects: readonly TestObject[]): void {
  const restored = readArchive(buildArchive(objects));
  expect(restored.map(({ object }) => object.key)).toEqual(objects.map(({ key }) => key));
  restored.forEach(({ object, body }, index) => {
    const original = itemAt(objects, index);
    expect(body.equals(original.body)).toBe(true);
    expect(object.tags).toEqual(original.tags);
    expect(object.metadata).toEqual(original.metadata);
  });
}

test('any list of small objects is restored with its keys, bytes, tags and metadata', () => {
  const sizes = fc.oneof(fc.constantFrom(0, 1, 511, 512, 513), fc.integer({ min: 0, max: 3 * KIB }));
  fc.assert(fc.property(objectsOf(sizes, 30), expectRoundTrip), { numRuns: 150 });
});

test('objects of any size around frame boundaries are restored, alone and among small ones', () => {
  const around = (size: number) => fc.integer({ min: size - 2 * KIB, max: size + 2 * KIB });
  const borders = [FRAME_TARGET, 1.5 * FRAME_TARGET, 2 * FRAME_TARGET, 2.5 * FRAME_TARGET, 3 * FRAME_TARGET];
  const sizes = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 64 * KIB }) },
    { weight: 2, arbitrary: fc.integer({ min: 2 * MIB, max: FRAME_TARGET }) },
    { weight: 2, arbitrary: fc.oneof(...borders.map(around)) },
  );
  fc.assert(fc.property(objectsOf(sizes, 6), expectRoundTrip), { numRuns: 12 });
});

test('objects with hostile keys are restored from one archive, each under its key', () => {
  expectRoundTrip(HOSTILE_KEYS.map((key) => ({ key, body: Buffer.from(`body of ${key}`), tags: [] })));
});
