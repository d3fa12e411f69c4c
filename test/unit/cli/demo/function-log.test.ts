import { describe, expect, test } from '@jest/globals';
import { FunctionLog } from '../../../../src/cli/demo/pipeline/function-log.ts';

function read(...lines: string[]): FunctionLog {
  const log = new FunctionLog();
  for (const line of lines) log.read(line);
  return log;
}

describe('FunctionLog', () => {
  test('adds up the objects of packed and restored archives', () => {
    const log = read(
      '{"level":"INFO","message":"Archive packed","objects":3}',
      '{"level":"INFO","message":"Archive packed","objects":4}',
      '{"level":"INFO","message":"Archive restored","objects":5}',
    );
    expect([log.packed, log.archives, log.restored]).toEqual([7, 2, 5]);
  });

  test('passes over metrics, half lines of killed processes and plain text', () => {
    const log = read('{"_aws":{"Timestamp":1},"ObjectsPacked":3}', '{"level":"INFO","mess', '    at stack (file.ts:1)');
    expect([log.packed, log.restored, log.complaints]).toEqual([0, 0, []]);
  });

  test('keeps errors with their reason, up to a limit', () => {
    const line = '{"level":"ERROR","message":"Message failed","error":{"message":"S3 answered 500"}}';
    expect(read(line).complaints).toEqual(['Message failed: S3 answered 500']);
    expect(read(...Array.from({ length: 500 }, () => line)).complaints).toHaveLength(100);
  });
});
