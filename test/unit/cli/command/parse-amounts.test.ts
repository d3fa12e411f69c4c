import { describe, expect, test } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import {
  integerBetween,
  parseAge,
  parseBilledVolume,
  parseByteCount,
  parseByteSize,
  parsePositiveInteger,
  parseRate,
  parseTime,
} from '../../../../src/cli/command/parse-amounts.ts';

const interval = integerBetween('An interval', 5, 3600);

describe('amounts on the command line', () => {
  test.each<readonly [string, (text: string) => number, number]>([
    ['0', parseByteCount, 0],
    ['500', parseByteCount, 500],
    ['1.5GB', parseByteSize, 1.5e9],
    ['256MB', parseByteSize, 256e6],
    ['256 mb', parseByteSize, 256e6],
    ['64MiB', parseByteSize, 64 * 2 ** 20],
    ['50TB', parseBilledVolume, 50 * 2 ** 40],
    ['0.5gb', parseBilledVolume, 2 ** 29],
    ['500', parseRate, 500],
    ['0.5/s', parseRate, 0.5],
    ['2026-11-23', parseTime, Date.UTC(2026, 10, 23)],
    ['2026-11-23T10:00', parseTime, Date.UTC(2026, 10, 23, 10)],
    ['2026-11-23T10:00:00+02:00', parseTime, Date.UTC(2026, 10, 23, 8)],
    ['12h', parseAge, 43_200],
    ['0s', parseAge, 0],
    ['17', parsePositiveInteger, 17],
    ['5', interval, 5],
  ])('reads %s', (text, parse, value) => {
    expect(parse(text)).toBe(value);
  });

  test.each<readonly [string, (text: string) => number, RegExp]>([
    ['', parseByteCount, /such as 10MB/],
    ['-1', parseByteCount, /such as 10MB/],
    ['10 parsecs', parseByteCount, /such as 10MB/],
    ['0MB', parseByteSize, /above 0/],
    ['50', parseBilledVolume, /such as 50TB/],
    ['0TB', parseBilledVolume, /above 0/],
    ['50MB', parseBilledVolume, /GB or TB/],
    ['0/s', parseRate, /such as 500\/s/],
    ['yesterday', parseTime, /ISO 8601/],
    ['2026-13-01', parseTime, /ISO 8601/],
    ['5', parseAge, /such as 12h/],
    ['0', parsePositiveInteger, /above 0/],
    ['1e3', parsePositiveInteger, /above 0/],
    ['4', interval, /^An interval is a whole number from 5 to 3600\.$/],
    ['', interval, /from 5/],
  ])('refuses "%s" and says what is allowed', (text, parse, message) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
    expect(() => parse(text)).toThrow(message);
  });
});
