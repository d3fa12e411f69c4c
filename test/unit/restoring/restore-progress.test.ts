import { describe, expect, test } from '@jest/globals';
import { ArchiveChangedError, ArchiveGoneError } from '../../../src/restoring/errors.ts';
import { makeRestorableObject } from '../../../src/restoring/restorable-object.ts';
import { RestoreProgress } from '../../../src/restoring/restore-progress.ts';
import type { WriteResult } from '../../../src/restoring/write-object.ts';
import { AccessDeniedError, StorageRejectedError } from '../../../src/storage/errors.ts';
import { itemAt, layOutArchive } from '../../support/archives.ts';
import { RecordingRestoringTelemetry } from '../../support/recording-restoring-telemetry.ts';

const ARCHIVE = { bucket: 'inbound', key: 'rule/20231114T221320000Z-a.tar.zst' };
const WRITTEN = Date.parse('2023-11-14T22:13:20Z');
const PLACE = { bucket: 'target', key: 'a' };

function begin(archive = ARCHIVE) {
  const stop = new AbortController();
  const telemetry = new RecordingRestoringTelemetry();
  const progress = new RestoreProgress(archive, { telemetry, signal: stop.signal, now: () => WRITTEN + 30_000 });
  const { manifest } = layOutArchive([{ key: 'a', body: Buffer.from('abc'), modified: WRITTEN / 1000 }]);
  const object = makeRestorableObject(itemAt(manifest.objects, 0), '01234567');
  const settle = (...results: WriteResult[]): void => {
    for (const result of results) progress.settled(PLACE, object, result);
  };
  return { progress, telemetry, stop, settle };
}

type Due = Parameters<RestoreProgress['assertComplete']>[0];

function refusalOf(progress: RestoreProgress, due: Due): unknown {
  try {
    progress.assertComplete(due);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

describe('assertComplete', () => {
  test('passes only if every write that was due is accounted for, no more and no less', () => {
    const { progress, settle } = begin();
    settle('restored', 'overwritten', 'replay');
    progress.deletionSettled(PLACE, { eventTime: WRITTEN }, 'deleted');
    progress.assertComplete({ due: 3, deletionsDue: 1 });
    for (const off of [{ due: 4, deletionsDue: 1 }, { due: 2, deletionsDue: 1 }, { due: 3 }]) {
      expect(refusalOf(progress, off)).toMatchObject({ code: 'UNEXPECTED' });
    }
  });

  test('fails if a write has failed, and names the first keys, all codes, and whether a retry may help', () => {
    const { progress } = begin();
    for (let n = 1; n <= 6; n += 1) progress.fail({ bucket: 't', key: `${n}` }, new StorageRejectedError('no'));
    expect(refusalOf(progress, { due: 6 })).toMatchObject({
      code: 'ARCHIVE_NOT_RESTORED',
      retryable: false,
      message: expect.stringContaining('6 of 6 objects'),
      context: { failed: 6, due: 6, codes: 'STORAGE_REJECTED', keys: 't/1, t/2, t/3, t/4, t/5' },
    });
    progress.fail(PLACE, new AccessDeniedError('not yet'));
    progress.fail(PLACE, new StorageRejectedError('no'));
    expect(refusalOf(progress, { due: 6, deletionsDue: 2 })).toMatchObject({
      retryable: true,
      message: expect.stringMatching(/^8 of 8 objects .*: t\/1, t\/2, t\/3, t\/4, t\/5, \.\.\./),
      context: { codes: 'STORAGE_REJECTED, STORAGE_ACCESS_DENIED' },
    });
  });

  test('adds no ellipsis if it names all failed keys', () => {
    const { progress } = begin();
    for (let n = 1; n <= 5; n += 1) progress.fail({ bucket: 't', key: `${n}` }, new StorageRejectedError('no'));
    const { message } = refusalOf(progress, { due: 5 }) as Error;
    expect(message).toContain('t/5. The archive is kept.');
  });

  test.each([
    ['is gone', new ArchiveGoneError('gone')],
    ['has changed', new ArchiveChangedError('changed')],
  ])('throws the reason, not a failed object, if the archive %s', (_, reason) => {
    const { progress, telemetry } = begin();
    progress.fail(PLACE, reason);
    progress.fail(PLACE, new ArchiveGoneError('gone later'));
    expect(progress.stopReason).toBe(reason);
    expect(refusalOf(progress, { due: 1 })).toBe(reason);
    expect([progress.failed, telemetry.failedObjects]).toEqual([0, []]);
  });

  test('throws the deadline as the reason for calls that fail after it', () => {
    const { progress, stop } = begin();
    const reason = new AccessDeniedError('the deadline');
    stop.abort(reason);
    progress.fail(PLACE, new StorageRejectedError('cut off'));
    expect(progress.failed).toBe(0);
    expect(refusalOf(progress, { due: 0 })).toBe(reason);
  });
});

describe('the latency of an object', () => {
  test('is the time in seconds from event to restore, for objects that were written', () => {
    const { progress, settle } = begin();
    settle('restored', 'replay');
    progress.deletionSettled(PLACE, { eventTime: WRITTEN + 20_000 }, 'deleted');
    expect(progress.latency.count).toBe(2);
    expect(progress.latency.longest).toBeCloseTo(30, 6);
    expect(progress.latency.bins()[0]?.value).toBeCloseTo(10, 0);
  });

  test('is not counted for a backfilled object, which is older than the time in its archive key', () => {
    const { progress, settle } = begin({ ...ARCHIVE, key: 'rule/20231114T221320001Z-a.tar.zst' });
    settle('restored');
    expect(progress.latency.count).toBe(0);
  });

  test('is counted if the archive key has no time', () => {
    const { progress, settle } = begin({ ...ARCHIVE, key: 'rule/a.tar.zst' });
    settle('restored');
    expect(progress.latency.count).toBe(1);
  });
});

test('restored, overwritten, skipped and deleted objects are counted separately', () => {
  const { progress, telemetry, settle } = begin();
  expect(progress.deletions).toEqual({});
  settle('restored', 'overwritten', 'replay', 'kept');
  expect(progress).toMatchObject({ restored: 2, overwritten: 1, skipped: 2, bytes: 6 });
  expect(telemetry.skipped).toHaveLength(2);
  for (const result of ['absent', 'absent', 'kept'] as const) progress.deletionSettled(PLACE, { eventTime: 0 }, result);
  expect(progress.deletions).toEqual({ deletions: { deleted: 0, skipped: { absent: 2, kept: 1 } } });
  expect(telemetry.skippedDeletions).toHaveLength(3);
});
