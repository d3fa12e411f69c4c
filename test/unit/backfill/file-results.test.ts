import { describe, expect, test } from '@jest/globals';
import { InvalidCheckpointError } from '../../../src/backfill/errors.ts';
import { parseResultManifest, readFailures, sumResults } from '../../../src/backfill/file-results.ts';

/** In the form of the Step Functions developer guide. */
function child(more: object): object {
  const input = { job: { rule: 'rule' }, file: { key: 'data/1.csv.gz', md5: 'abc' } };
  return { ExecutionArn: 'arn', Input: JSON.stringify(input), Name: 'name', Status: 'SUCCEEDED', ...more };
}

describe('the results of a map run', () => {
  test('are found through its manifest', () => {
    const ResultFiles = {
      FAILED: [{ Key: 'a/FAILED_0.json', Size: 1 }],
      PENDING: [{ Key: 'a/PENDING_0.json', Size: 1 }],
      SUCCEEDED: [{ Key: 'a/SUCCEEDED_0.json', Size: 1 }],
    };
    const text = JSON.stringify({ DestinationBucket: 'bucket', MapRunArn: 'arn', ResultFiles });
    expect(parseResultManifest(text)).toEqual({
      succeeded: ['a/SUCCEEDED_0.json'],
      failed: ['a/FAILED_0.json', 'a/PENDING_0.json'],
    });
  });

  test('are added up', () => {
    const counts = { listed: 10, queued: 7, queuedBytes: 700, leftOut: 2, archived: 1 };
    const output = JSON.stringify({ file: 'data/1.csv.gz', counts });
    const text = JSON.stringify([child({ Output: output }), child({ Output: output })]);
    expect(sumResults(text)).toEqual({ listed: 20, queued: 14, queuedBytes: 1400, leftOut: 4, archived: 2 });
  });

  test('name the files that failed, with the error of the function or of Step Functions, or as not begun', () => {
    const cause = JSON.stringify({ errorType: 'InvalidInventoryError', errorMessage: 'it has another MD5' });
    const text = JSON.stringify([
      child({ Status: 'FAILED', Error: 'InvalidInventoryError', Cause: cause }),
      child({ Status: 'TIMED_OUT', Error: 'States.Timeout', Cause: 'too long' }),
      child({ Status: 'PENDING' }),
    ]);
    expect(readFailures(text).map(({ reason }) => reason)).toEqual([
      'InvalidInventoryError: it has another MD5',
      'States.Timeout: too long',
      'not started',
    ]);
    expect(readFailures(text)[0]?.key).toBe('data/1.csv.gz');
  });

  test.each(['{', '{}', '[{"Output": "{}"}]'])('are rejected if they are something else: %s', (text) => {
    expect(() => sumResults(text)).toThrow(InvalidCheckpointError);
  });
});
