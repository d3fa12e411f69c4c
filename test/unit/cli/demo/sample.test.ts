import { describe, expect, test } from '@jest/globals';
import { Sample } from '../../../../src/cli/demo/input/sample.ts';
import type { ListedObject } from '../../../../src/listing/dependencies.ts';

function listed(key: string, size: number): ListedObject {
  return { key, size, etag: 'etag', lastModified: 0, storageClass: 'STANDARD' };
}

/** A bucket with a folder of small objects, and one of large objects, a tenth of all. */
const BUCKET = Array.from({ length: 20_000 }, (_, index) =>
  index % 10 === 0 ? listed(`pictures/${index}`, 100_000) : listed(`texts/${index}`, 1_000),
);

function sampleOf(objects: readonly ListedObject[], limits: ConstructorParameters<typeof Sample>[0]): ListedObject[] {
  const sample = new Sample(limits);
  for (const object of objects) sample.offer(object);
  return sample.take();
}

const bytesOf = (objects: readonly ListedObject[]): number => objects.reduce((sum, { size }) => sum + size, 0);

describe('Sample', () => {
  test('takes everything that fits, in the order of keys', () => {
    const few = [listed('b', 1), listed('a', 2)];
    expect(sampleOf(few, { bytes: 3, objects: 2 }).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('stays within both limits, and reaches one of them', () => {
    const byBytes = sampleOf(BUCKET, { bytes: 20_000_000, objects: 20_000 });
    expect(bytesOf(byBytes)).toBeLessThanOrEqual(20_000_000);
    expect(bytesOf(byBytes)).toBeGreaterThan(19_800_000);
    expect(sampleOf(BUCKET, { bytes: 2e9, objects: 700 })).toHaveLength(700);
  });

  test('has kinds of objects in the proportion of the bucket', () => {
    const sample = sampleOf(BUCKET, { bytes: 20_000_000, objects: 20_000 });
    const share = sample.filter(({ key }) => key.startsWith('pictures/')).length / sample.length;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
  });

  test('does not depend on the order in which objects are listed', () => {
    const limits = { bytes: 5_000_000, objects: 20_000 };
    expect(sampleOf(BUCKET.toReversed(), limits)).toEqual(sampleOf(BUCKET, limits));
  });
});
