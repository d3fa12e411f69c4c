import { expect, test } from '@jest/globals';
import { classesOverLimit } from '../../../support/longest-rebase.ts';

test('the longest update of statistics fits into one DynamoDB expression', () => {
  expect(classesOverLimit()).toBe('');
});
