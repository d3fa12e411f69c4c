import { expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { watchDeletions } from '../../../../src/restoring/deletions/deletion-watch.ts';
import type { RestoreRun } from '../../../../src/restoring/dependencies.ts';
import { RestoreProgress } from '../../../../src/restoring/restore-progress.ts';
import { stampOf } from '../../../../src/storage/provenance.ts';
import { MemoryDeletions } from '../../../support/memory-deletions.ts';
import { exampleRule } from '../../../support/rules.ts';
import { INBOUND, NOW, TargetRegion } from '../../../support/target-region.ts';

const ORIGIN = '0123abcd';
const { destinations, id } = exampleRule({}, [{ deletes: 'replicate' }]);

test('a deletion is between two writes if only the first came before it', async () => {
  const deletions = new MemoryDeletions();
  await deletions.record(id, [{ key: 'k', eventTime: NOW }], NOW);
  const { dependencies } = new TargetRegion({ dependencies: { deletions } });
  const run: RestoreRun = { ...dependencies, wholeRun: 800, puts: pLimit(1), signal: new AbortController().signal };
  const progress = new RestoreProgress({ bucket: INBOUND, key: `${id}/a.tar.zst` }, run);
  const written = new Date(NOW - 60_000).toISOString();
  const object = { key: 'k', event_time: written, creation_time: written.slice(0, 19), by_removal: true };
  const archive = { bucket: INBOUND, key: `${id}/a.tar.zst`, etag: 'e', size: 1, eventTime: NOW, isRedelivered: false };
  const watch = await watchDeletions(
    { archive, rule: id, origin: ORIGIN, destinations, objects: [object], deletions: [], describe: () => undefined },
    { run, progress },
  );
  const at = (seconds: number) => stampOf({ origin: ORIGIN, etag: 'ab', eventTime: NOW + 1000 * seconds });
  const between = (first: number, second: number) => watch?.wasDeletedBetween('k', at(first), at(second));
  expect([between(-2, 2), between(-2, -1), between(1, 2)]).toEqual([true, false, false]);
  expect(watch?.wasDeletedBetween('l', at(-2), at(2))).toBe(false);
});
