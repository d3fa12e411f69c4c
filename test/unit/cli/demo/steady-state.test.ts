import { expect, test } from '@jest/globals';
import type { InspectedArchive } from '../../../../src/cli/demo/archives/inspect-archive.ts';
import { describeSteadyState } from '../../../../src/cli/demo/steady-state.ts';

function archiveOf(...keys: string[]): InspectedArchive {
  return {
    name: `${keys.join('-')}.tar.zst`,
    versions: keys.map((key) => ({ key, etag: 'etag', size: 100 })),
    objects: keys.length,
    deletions: 0,
    bytes: 100 * keys.length,
    compressedBytes: 10 * keys.length,
    frames: 1,
    level: 6,
    types: new Map(),
  };
}

const PLAIN = new Set(['a', 'b', 'c']);

test('leaves out archives that contain only drafts, and those that pack objects again', () => {
  const archives = [archiveOf('draft'), archiveOf('a', 'b', 'draft'), archiveOf('c'), archiveOf('a', 'c')];
  expect(describeSteadyState(archives, 7, PLAIN)).toEqual({
    sizes: [100, 100, 100, 100],
    archiveBytes: 40,
    cpuSeconds: 4,
  });
});

test('returns zeros for no archives', () => {
  expect(describeSteadyState([], 0, PLAIN)).toEqual({ sizes: [], archiveBytes: 0, cpuSeconds: 0 });
});
