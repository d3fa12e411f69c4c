import { describe, expect, test } from '@jest/globals';
import { admitArchive, admitWithoutFallback } from '../../../src/packing/admit-archive.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { exampleRule } from '../../support/rules.ts';

const GB = 1e9;
const rule = exampleRule();
const RUN = { wholeRun: 800, secondsLeft: 800 };

function items(...sizes: readonly number[]): PackItem[] {
  return sizes.map((size, index) => ({
    object: { bucket: 'b', key: `k${index}`, size, etag: 'e', eventTime: 0 },
    messages: [],
    superseded: [],
  }));
}

describe('an archive that can be packed in time', () => {
  const large = { ...rule, source: { ...rule.source, maxObjectBytes: 50 * GB } };
  const twice = { ...large, destinations: large.destinations.flatMap((destination) => [destination, destination]) };

  test('is halved if one invocation of the target could not restore it', () => {
    expect(admitArchive(items(6.5 * GB, 6.5 * GB), 1, large, RUN)).toBe('here');
    expect(admitArchive(items(9.5 * GB, 9.5 * GB), 1, large, RUN)).toBe('halves');
  });

  test("counts the target's time once per destination in a region", () => {
    expect(admitArchive(items(6.5 * GB, 6.5 * GB), 1, twice, RUN)).toBe('halves');
  });
});

describe('an object that takes too long, without a fallback', () => {
  const admit = (predicted: number, unlearned: number, receives: number) =>
    admitWithoutFallback(items(1), { predicted, unlearned, receives }, rule, RUN);

  test('is tried by another process first, then here, if only this process has learned that it is too slow', () => {
    expect(admit(2000, 10, 1)).toBe('elsewhere');
    expect(admit(2000, 10, 2)).toBe('here');
    expect(admit(10, 2000, 1)).toBe('here');
  });

  test('is refused at once if the speed table also says so', () => {
    expect(admit(2000, 2000, 1)).toBe('fallback');
  });
});
