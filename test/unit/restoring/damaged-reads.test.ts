import { describe, expect, test } from '@jest/globals';
import { MIB } from '../../../src/units.ts';
import { damagingReads } from '../../support/damaging-object-store.ts';
import { archiveOf, INBOUND, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const small = archiveOf(Array.from({ length: 5 }, (_, index) => textObject(`${index}.txt`, `body ${index}`)));
const incompressible = Buffer.alloc(MIB);
for (let at = 0, state = 1; at < MIB; at += 1) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  incompressible[at] = state >>> 16;
}
/** Its object frame is too long for the tail, and is read separately. */
const large = archiveOf([{ key: 'one.bin', body: incompressible }]);

function region(damaged: readonly number[], at: (length: number) => number) {
  return new TargetRegion({ wrap: (store) => damagingReads(store, new Set(damaged), at) });
}

describe('an intact archive with a damaged read', () => {
  test.each([
    ['in the seek table', (length: number) => length - 15],
    ['in the magic number of the seek table, as if the archive were not ours', (length: number) => length - 2],
    ['in the frame of the manifest', (length: number) => length - 80],
    ['in the object frame, which lies in the same tail', () => 20],
  ])('is restored, not dead-lettered: damaged %s', async (_, at) => {
    const target = region([1], at);

    const answer = await target.process(await target.arrive(small));

    expect(target.queue.letters).toEqual([]);
    expect(answer.batchItemFailures).toEqual([]);
    expect(target.store.keys(TARGET)).toHaveLength(5);
    expect(target.store.keys(INBOUND)).toEqual([]);
  });

  test('is restored, not dead-lettered: damaged in the separate frame of one object', async () => {
    const target = region([2], (length) => length >> 1);

    await target.process(await target.arrive(large));

    expect(target.queue.letters).toEqual([]);
    expect(target.store.look({ bucket: TARGET, key: 'one.bin' })?.body.equals(incompressible)).toBe(true);
  });

  test('is refused at once, with the reason, if every read is damaged', async () => {
    const target = region([1, 2, 3, 4, 5, 6], (length) => length - 80);

    await target.process(await target.arrive(small));

    expect(target.queue.letters.map(({ reason }) => reason.code)).toEqual(['ARCHIVE_CORRUPT']);
    expect(target.store.keys(INBOUND)).toHaveLength(1);
  });
});
