import { expect, it } from '@jest/globals';
import { cutBatches, measureMessage } from '../../../../src/aws/sqs/batches.ts';

it('cuts after ten items', () => {
  const items = Array.from({ length: 23 }, (_, n) => n);
  const batches = cutBatches(items);
  expect(batches.map((batch) => batch.length)).toEqual([10, 10, 3]);
  expect(batches.flat()).toEqual(items);
});

it('cuts before 1 MiB, and sends an item of that size alone', () => {
  const sizes = [600_000, 448_576, 1, 1_048_576, 5];
  expect(cutBatches(sizes, (size) => size)).toEqual([[600_000, 448_576], [1], [1_048_576], [5]]);
});

it('has no batch for an empty list', () => {
  expect(cutBatches([])).toEqual([]);
});

it('measures body and attributes in bytes', () => {
  const attributes = { né: { DataType: 'String', StringValue: 'é' } };
  expect(measureMessage({ body: 'ü' })).toBe(2);
  expect(measureMessage({ body: 'ü', attributes })).toBe(2 + 3 + 6 + 2);
});
