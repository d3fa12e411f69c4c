import { expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { RestoringSpeed } from '../../../src/limits/restoring-speed.ts';
import { admitRestore } from '../../../src/restoring/admit-restore.ts';
import type { RestoreRun } from '../../../src/restoring/dependencies.ts';
import { TargetRegion } from '../../support/target-region.ts';

class Hundred extends RestoringSpeed {
  override predict(): number {
    return 100;
  }
}

const ARCHIVE = { bucket: 'inbound', key: 'rule/a.tar.zst', etag: 'e', size: 1 };
const WORK = { archiveBytes: 1, bytes: 1, objects: 1, destinations: 1 };

function admit(milliseconds: number, wholeRun = 800): string {
  const run: RestoreRun = {
    ...new TargetRegion().dependencies,
    speed: new Hundred(1),
    fallback: { send: () => Promise.resolve(new Set<string>()) },
    wholeRun,
    puts: pLimit(1),
    signal: new AbortController().signal,
    remainingMilliseconds: () => milliseconds,
  };
  return admitRestore(ARCHIVE, WORK, run);
}

test('admitRestore starts an archive only if the invocation has enough time left to restore it', () => {
  expect(admit(105_000)).toBe('here');
  expect(admit(104_999)).toBe('again');
});

test('admitRestore refuses an archive that no invocation has time for, so that a task takes it', () => {
  expect(() => admit(105_000, 99)).toThrow(expect.objectContaining({ code: 'ARCHIVE_OVER_LIMITS' }));
});
