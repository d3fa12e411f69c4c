import { describe, expect, test } from '@jest/globals';
import { escapeForSub, keyPattern } from '../../../src/templates/iam-pattern.ts';

describe('keyPattern', () => {
  test('covers the keys between prefix and suffix', () => {
    expect(keyPattern('', '')).toBe('*');
    expect(keyPattern('data/', '.csv')).toBe('data/*.csv');
  });

  test('escapes characters that are special to IAM', () => {
    expect(keyPattern('a*b?c$d/')).toBe(['a', '{*}b', '{?}c', '{$}d/*'].join('$'));
  });

  test('has a wildcard for characters that a policy cannot hold', () => {
    expect(keyPattern('日本/über/', '😀.csv')).toBe('*/*ber/**.csv');
    expect(keyPattern('a\u0001?/')).toBe(['a*', '{?}/*'].join('$'));
  });

  test('survives Fn::Sub', () => {
    expect(escapeForSub(keyPattern('*/'))).toBe(['', '{!*}/*'].join('$'));
  });
});
