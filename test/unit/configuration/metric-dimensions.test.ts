import { describe, expect, test } from '@jest/globals';
import { ruleDimensions } from '../../../src/configuration/metric-dimensions.ts';
import { exampleRule } from '../../support/rules.ts';

function keysOf(prefix: string, suffix = ''): string {
  return ruleDimensions(exampleRule({ bucket: 'documents', prefix, suffix })).SourcePrefix;
}

describe('the dimension that names the keys of a rule', () => {
  test.each([
    ['', '', '*'],
    ['logs/', '', 'logs/'],
    ['logs/', '.json', 'logs/*.json'],
    ['', '.json', '*.json'],
  ])('of prefix "%s" and suffix "%s" is "%s"', (prefix, suffix, value) => {
    expect(keysOf(prefix, suffix)).toBe(value);
  });

  test('differs for rules of one bucket and prefix that take different suffixes', () => {
    const values = ['', '.json', '.csv'].map((suffix) => keysOf('logs/', suffix));
    expect(new Set(values).size).toBe(3);
  });

  test('is of visible ASCII, whatever the keys are of', () => {
    expect(keysOf('ünï 100%/', '\t')).toBe('%C3%BCn%C3%AF%20100%25/*%09');
    expect(keysOf('%C3%BC')).not.toBe(keysOf('ü'));
    expect(keysOf('\u{1F600}')).toBe('%F0%9F%98%80');
  });

  test('has at most 1,024 characters, and two long filters have two values', () => {
    const [one, other] = ['a', 'b'].map((end) => keysOf('x'.repeat(1024), end)) as [string, string];
    expect([one.length, other.length]).toEqual([1024, 1024]);
    expect(one).not.toBe(other);
    expect(keysOf('x'.repeat(1024))).toBe('x'.repeat(1024));
  });
});
