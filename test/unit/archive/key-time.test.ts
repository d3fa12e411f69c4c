import { describe, expect, test } from '@jest/globals';
import { formatKeyTime, parseKeyTime } from '../../../src/archive/key-time.ts';

const TIME = Date.parse('2026-11-23T19:15:00.123Z');

describe('the time in the key of an archive', () => {
  test('has no character that is special in S3, shells or URLs', () => {
    expect(formatKeyTime(TIME)).toBe('20261123T191500123Z');
  });

  test('is read back from the name of the archive', () => {
    expect(parseKeyTime(`${formatKeyTime(TIME)}-0123456789abcdef.tar.zst`)).toBe(TIME);
  });

  test('sorts as the times do', () => {
    const times = [TIME - 1, TIME, TIME + 1, TIME + 86_400_000 * 365];
    expect(times.map(formatKeyTime).toSorted()).toEqual(times.map(formatKeyTime));
  });

  test.each(['archive.tar.zst', '0123456789abcdef.tar.zst', '20261323T191500123Z-x.tar.zst', ''])(
    'is not found in "%s"',
    (name) => {
      expect(parseKeyTime(name)).toBeUndefined();
    },
  );
});
