import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asDimensionValue, ruleDimensions } from '../../../src/configuration/metric-dimensions.ts';
import { exampleRule } from '../../support/rules.ts';

function keysOf(prefix: string, suffix = ''): string {
  return ruleDimensions(exampleRule({ bucket: 'documents', prefix, suffix })).SourcePrefix;
}

describe('the dimension that names the keys of a rule', () => {
  test.each([
    ['', '', '*'],
    ['logs/', '', 'logs/'],
    ['data set/$1/', '', 'data set/$1/'],
    ['logs/', '.json', 'logs/*.json'],
    ['', '.json', '*.json'],
    ['日本/', '', '%E6%97%A5%E6%9C%AC/'],
    ['über😀/', '', '%C3%BCber%F0%9F%98%80/'],
    ['a\u0001\u007fb', '', 'a%01%7Fb'],
    ['100%/', '', '100%25/'],
    [':a:b', '', '%3Aa:b'],
    ['  ', '', '%20%20'],
  ])('of prefix %j and suffix %j is %j', (prefix, suffix, value) => {
    expect(keysOf(prefix, suffix)).toBe(value);
  });

  test('differs for rules of one bucket and prefix with different suffixes', () => {
    const values = ['', '.json', '.csv'].map((suffix) => keysOf('logs/', suffix));
    expect(new Set(values).size).toBe(3);
  });

  test('differs for two long filters', () => {
    const [one, other] = ['a', 'b'].map((end) => keysOf('x'.repeat(1024), end)) as [string, string];
    expect([one.length, other.length]).toEqual([1024, 1024]);
    expect(one).not.toBe(other);
    expect(keysOf('x'.repeat(1024))).toBe('x'.repeat(1024));
  });
});

describe('asDimensionValue', () => {
  test('returns values that CloudWatch accepts, a different one for each text', () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 600 });
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        expect(asDimensionValue(one)).toMatch(/^(?!:)(?=.*\S)[\x20-\x7e]{1,1024}$/);
        expect(asDimensionValue(one) === asDimensionValue(other)).toBe(one === other);
      }),
    );
  });

  test('keeps long texts that begin alike distinct', () => {
    const long = '日'.repeat(341);
    expect(asDimensionValue(`${long}a`)).toHaveLength(1024);
    expect(asDimensionValue(`${long}a`)).not.toBe(asDimensionValue(`${long}b`));
  });
});
