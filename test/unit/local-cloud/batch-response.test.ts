import { describe, expect, it } from '@jest/globals';
import { readBatchResponse } from '../../../local-cloud/event-source/batch-response.ts';

const BATCH = new Set(['a', 'b', 'c']);

describe('readBatchResponse', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('reads %s as success of the whole batch', (_, response) => {
    expect(readBatchResponse(response, BATCH)).toEqual({ kind: 'answered', failedIds: new Set() });
  });

  it('returns exactly the messages that the function names, each once', () => {
    const response = { batchItemFailures: ['b', 'b', 'c'].map((itemIdentifier) => ({ itemIdentifier })) };
    expect(readBatchResponse(response, BATCH)).toEqual({ kind: 'answered', failedIds: new Set(['b', 'c']) });
  });

  it.each([
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a misspelled identifier field', { batchItemFailures: [{ itemIdentifer: 'a' }] }],
    ['an identifier outside of the batch', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
    ['text in place of a list', { batchItemFailures: 'a' }],
    ['an answer that is not an object', 'done'],
  ])('returns the whole batch on %s', (_, response) => {
    expect(readBatchResponse(response, BATCH).kind).toBe('whole batch failed');
  });
});
