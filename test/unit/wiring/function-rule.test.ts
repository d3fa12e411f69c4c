import { describe, expect, test } from '@jest/globals';
import { requireRule } from '../../../src/wiring/function-rule.ts';
import { exampleRule } from '../../support/rules.ts';

const ireland = exampleRule({ bucket: 'of-ireland' });
const ohio = exampleRule({ bucket: 'of-ohio', region: 'us-east-2' });
const find = (id: string, region: string): unknown => requireRule([ireland, ohio], { RULE_ID: id, AWS_REGION: region });

describe('the rule of a source function', () => {
  test('is the one with its id, in its region', () => {
    expect(find(ireland.id, 'eu-west-1')).toBe(ireland);
    expect(find(ohio.id, 'us-east-2')).toBe(ohio);
  });

  test('is not one of another region, and the error names the available rules', () => {
    expect(() => find(ohio.id, 'eu-west-1')).toThrow(`(which has: ${ireland.id}). Deploy again`);
    expect(() => find(ohio.id, 'eu-west-3')).toThrow('(which has: none)');
  });
});
