import { describe, expect, test } from '@jest/globals';
import {
  keptRecordOf,
  resendsOf,
  withKeptRecord,
  withoutResends,
  withResends,
} from '../../../src/resend/archive-metadata.ts';

const KEPT_AT = '2026-11-23T16:00:00.000Z';

describe('the metadata of an archive', () => {
  test('adds how often it was resent to the existing metadata', () => {
    const metadata = withResends({ other: 'x' }, 2);
    expect(metadata).toEqual({ other: 'x', 's3xrc-resends': '2' });
    expect(resendsOf(metadata)).toBe(2);
  });

  test.each([[{}], [{ 's3xrc-resends': 'two' }], [{ 's3xrc-resends': '-1' }], [{ 's3xrc-resends': '' }]])(
    'counts as never resent if it is %j',
    (metadata: Record<string, string>) => {
      expect(resendsOf(metadata)).toBe(0);
    },
  );

  test('records the version of a kept archive and the destinations that it missed', () => {
    const record = {
      versionId: 'v7',
      failures: [
        { destination: 'inbound-a', reason: 'DstBucketNotFound' },
        { destination: 'inbound-b', reason: 'a = b' },
      ],
      keptAt: KEPT_AT,
    };
    expect(keptRecordOf(withKeptRecord({ other: 'x' }, record))).toEqual(record);
    expect(keptRecordOf({ other: 'x' })).toBeUndefined();
  });

  test('has no entry of ours after the count is reset', () => {
    const record = { versionId: 'v', failures: [{ destination: 'd', reason: 'r' }], keptAt: KEPT_AT };
    expect(withoutResends(withKeptRecord(withResends({ other: 'x' }, 3), record))).toEqual({ other: 'x' });
  });

  test('stays below the 2 KB limit of S3, however many destinations and reasons there are', () => {
    const failures = Array.from({ length: 40 }, (_, index) => ({
      destination: `${'d'.repeat(61)}${index}`,
      reason: 'r'.repeat(500),
    }));
    const metadata = withKeptRecord({ 's3xrc-resends': '3' }, { versionId: 'v'.repeat(64), failures, keptAt: KEPT_AT });
    const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(bytes).toBeLessThanOrEqual(2048);
    expect(keptRecordOf(metadata)?.failures.length).toBeGreaterThan(10);
  });
});
