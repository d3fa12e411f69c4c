import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asDimensionValue, ruleDimensions } from '../../../src/configuration/metric-dimensions.ts';

const SOURCE = {
  region: 'eu-west-1',
  bucket: 'documents',
  suffix: '',
  levels: [3],
  maxArchiveBytes: 1,
  maxObjectBytes: 1,
  chain: false,
};
const dimensionsOf = (prefix: string) => ruleDimensions({ source: { ...SOURCE, prefix } });

describe('the dimensions of a rule', () => {
  test('are its bucket and prefix, or * for all keys', () => {
    expect(dimensionsOf('data set/$1/')).toEqual({ SourceBucket: 'documents', SourcePrefix: 'data set/$1/' });
    expect(dimensionsOf('').SourcePrefix).toBe('*');
  });

  test.each([
    ['日本/', '%E6%97%A5%E6%9C%AC/'],
    ['über😀/', '%C3%BCber%F0%9F%98%80/'],
    ['a\u0001\u007fb', 'a%01%7Fb'],
    ['100%/', '100%25/'],
    [':a:b', '%3Aa:b'],
    ['  ', '%20%20'],
  ])('name the prefix %j as CloudWatch can hold it', (prefix, value) => {
    expect(dimensionsOf(prefix).SourcePrefix).toBe(value);
  });
});

describe('asDimensionValue', () => {
  test('makes values that CloudWatch takes, another one for each text', () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 600 });
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        expect(asDimensionValue(one)).toMatch(/^(?!:)(?=.*\S)[\x20-\x7e]{1,1024}$/);
        expect(asDimensionValue(one) === asDimensionValue(other)).toBe(one === other);
      }),
    );
  });

  test('keeps long texts apart that begin alike', () => {
    const long = '日'.repeat(341);
    expect(asDimensionValue(`${long}a`)).toHaveLength(1024);
    expect(asDimensionValue(`${long}a`)).not.toBe(asDimensionValue(`${long}b`));
  });
});
