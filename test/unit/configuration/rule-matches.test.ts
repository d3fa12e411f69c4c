import { describe, expect, test } from '@jest/globals';
import { ruleMatches } from '../../../src/configuration/rule.ts';
import { exampleRule } from '../../support/rules.ts';

describe('ruleMatches', () => {
  const rule = exampleRule({ prefix: 'logs/', suffix: '.gz' });

  test.each([
    ['logs/a.gz', true],
    ['logs/.gz', true],
    ['logs/a.txt', false],
    ['logs-private/a.gz', false],
    ['a/logs/b.gz', false],
  ])('%s: %s', (key, expected) => {
    expect(ruleMatches(rule, 'source-bucket', key)).toBe(expected);
  });

  test('requires the bucket of the rule', () => {
    expect(ruleMatches(rule, 'another-bucket', 'logs/a.gz')).toBe(false);
  });
});
