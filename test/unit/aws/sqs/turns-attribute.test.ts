import { expect, test } from '@jest/globals';
import { describeTurns, readTurns, TURNS_ATTRIBUTE } from '../../../../src/aws/sqs/turns-attribute.ts';

test.each([1, 8, 999])('%s turns are read as they were written', (turns) => {
  expect(readTurns(describeTurns({ turns }).attributes?.[TURNS_ATTRIBUTE]?.StringValue)).toBe(turns);
});

test('a message that was never requeued without progress has no attribute', () => {
  expect(describeTurns({})).toEqual({});
  expect(describeTurns({ turns: 0 })).toEqual({});
});

test.each([undefined, '', '-1', '1.5', '1000', 'many'])('%p from elsewhere counts as zero turns', (value) => {
  expect(readTurns(value)).toBe(0);
});
