import { describe, expect, test } from '@jest/globals';
import { closestWord } from '../../../../src/configuration/schema/closest-word.ts';

const WORDS = [
  'region',
  'bucket',
  'prefix_filter',
  'suffix_filter',
  'batch_size',
  'batch_window',
  'eu-west-1',
  'eu-west-2',
];

describe('closestWord', () => {
  test.each([
    ['regoin', 'region'],
    ['Bucket', 'bucket'],
    ['buckets', 'bucket'],
    ['prefix_fliter', 'prefix_filter'],
    ['batchSize', 'batch_size'],
    ['eu-wset-2', 'eu-west-2'],
    ['suffix', 'suffix_filter'],
  ])('reads %s as %s', (written, meant) => {
    expect(closestWord(written, WORDS)).toBe(meant);
  });

  test.each(['color', 'xx', '', 'us-gov-west-1'])('has no suggestion for %j', (written) => {
    expect(closestWord(written, WORDS)).toBeUndefined();
  });
});
