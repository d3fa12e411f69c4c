import { describe, expect, test } from '@jest/globals';
import { formatBilledBytes, formatBytes } from '../../../../src/cli/command/numbers.ts';
import { parseBilledVolume } from '../../../../src/cli/command/parse-amounts.ts';

describe('bytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [999.6e6, '1.0 GB'],
    [50e12, '50.0 TB'],
    [5e15, '5000 TB'],
  ])('%d are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [1023, '1023 B'],
    [1024, '1.0 KB'],
    [50e12, '45.5 TB'],
    [5e15, '4547 TB'],
  ])('%d are %s on a bill', (bytes, text) => {
    expect(formatBilledBytes(bytes)).toBe(text);
  });

  test.each([
    ['50TB', '50.0 TB'],
    ['500GB', '500 GB'],
    ['1000 GB', '1000 GB'],
    ['0.5gb', '512 MB'],
  ])('a volume of %s is printed as %s', (given, text) => {
    expect(formatBilledBytes(parseBilledVolume(given))).toBe(text);
  });
});
