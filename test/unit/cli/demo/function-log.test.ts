import { describe, expect, test } from '@jest/globals';
import { FunctionLog } from '../../../../src/cli/demo/pipeline/function-log.ts';

const METRIC = JSON.stringify({
  _aws: {
    Timestamp: 1,
    CloudWatchMetrics: [{ Namespace: 'stack', Dimensions: [[]], Metrics: [{ Name: 'ObjectsPacked', Unit: 'Count' }] }],
  },
  ObjectsPacked: 3,
});

function read(...lines: string[]): FunctionLog {
  const log = new FunctionLog();
  for (const line of lines) log.read(line);
  return log;
}

describe('FunctionLog', () => {
  test('adds up the objects of packed and restored archives', () => {
    const log = read(
      '{"level":"INFO","message":"Archive packed","objects":3,"cpu_seconds":0.25}',
      '{"level":"INFO","message":"Archive packed","objects":4,"cpu_seconds":0.5}',
      '{"level":"INFO","message":"Archive restored","objects":5}',
    );
    expect([log.packed, log.archives, log.restored]).toEqual([7, 2, 5]);
    expect(log.packingCpuSeconds).toBe(0.75);
  });

  test('skips metrics, partial lines of killed processes and plain text', () => {
    const log = read(METRIC, '{"level":"INFO","mess', '    at stack (file.ts:1)');
    expect([log.packed, log.restored, log.complaints]).toEqual([0, 0, []]);
  });

  test('collects the metrics, and complains about those that CloudWatch would drop', () => {
    expect(read(METRIC, METRIC).metrics.statistics('ObjectsPacked', []).sum).toBe(6);
    expect(read('{"_aws":{"Timestamp":1},"ObjectsPacked":3}').complaints).toEqual([
      expect.stringContaining('CloudWatch would drop'),
    ]);
  });

  test('adds up how many bytes of each content class got which level', () => {
    const text = { content: 'text', level: '12', reason: 'cheapest', frames: 2, bytes: 100, compressed_bytes: 20 };
    const packed = {
      content: 'packed',
      level: 'store',
      reason: 'cheapest',
      frames: 1,
      bytes: 900,
      compressed_bytes: 900,
    };
    const line = JSON.stringify({ level: 'INFO', message: 'Archive packed', objects: 1, frames: [text, packed] });
    expect(read(line, line).levels.list()).toEqual([
      {
        content: 'packed',
        level: 'store',
        reason: 'cheapest',
        archives: 2,
        frames: 2,
        bytes: 1800,
        compressedBytes: 1800,
      },
      { content: 'text', level: '12', reason: 'cheapest', archives: 2, frames: 4, bytes: 200, compressedBytes: 40 },
    ]);
  });

  test('keeps errors with their reason, up to a limit', () => {
    const line = '{"level":"ERROR","message":"Message failed","error":{"message":"S3 answered 500"}}';
    expect(read(line).complaints).toEqual(['Message failed: S3 answered 500']);
    expect(read(...Array.from({ length: 500 }, () => line)).complaints).toHaveLength(100);
  });
});
