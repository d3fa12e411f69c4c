import { describe, expect, test } from '@jest/globals';
import { archiveOf, NOW, RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const DAY = 86_400_000;
const WRITTEN = 1_700_000_000_000;
const TIME = '20231114T221320000Z';
const location = { bucket: TARGET, key: 'k' };
const key = (name: string): string => `${RULE.id}/${TIME}-${name}.tar.zst`;
const write = (text: string, sequencer: string): Buffer => archiveOf([textObject('k', text, { sequencer })]);

/** Ten minutes after the writes. */
function open(options: { versioned?: boolean; now?: () => number } = {}): TargetRegion {
  return new TargetRegion({ versioned: true, now: () => WRITTEN + 600_000, ...options });
}

async function restoreThenDelete(region: TargetRegion): Promise<void> {
  await region.process(await region.arrive(write('one', '10'), key('1')));
  expect(region.text('k')).toBe('one');
  region.store.erase(location);
}

describe('an object that a consumer deleted at the destination', () => {
  test.each<[string, number, string, string]>([
    ['the same write, delivered again', 2, '10', key('1')],
    ['an older write, delivered again', 2, '0F', key('0')],
    ['the same write, resent to this region', 1, '10', `_resend-us-east-1/${key('1')}`],
  ])('stays deleted when the archive holds %s', async (_, receives, sequencer, name) => {
    const region = open();
    await restoreThenDelete(region);
    const response = await region.process(await region.arrive(write('one', sequencer), name, receives));
    expect(response.batchItemFailures).toEqual([]);
    expect(region.text('k')).toBeUndefined();
    expect(region.telemetry.skipped).toEqual([['k', 'deleted-at-target']]);
  });

  test('stays deleted when the same write arrives a day late in another archive', async () => {
    let now = WRITTEN + 600_000;
    const region = open({ now: () => now });
    await restoreThenDelete(region);
    now += DAY;
    await region.process(await region.arrive(write('one', '10'), key('2')));
    expect(region.text('k')).toBeUndefined();
  });

  test('comes back with a newer write, even one made before the deletion', async () => {
    const region = open();
    await restoreThenDelete(region);
    await region.process(await region.arrive(write('two', '11'), key('2'), 2));
    expect(region.text('k')).toBe('two');
  });

  test('is not looked for if the archive arrives on time and for the first time', async () => {
    const region = open();
    await restoreThenDelete(region);
    await region.process(await region.arrive(write('one', '10'), key('2')));
    expect(region.calls.counts.findDeleted).toBe(0);
    expect(region.text('k')).toBe('one');
  });

  test('comes back with a second delivery in a bucket without versions', async () => {
    const region = open({ versioned: false });
    await restoreThenDelete(region);
    await region.process(await region.arrive(write('one', '10'), key('1'), 2));
    expect(region.text('k')).toBe('one');
  });

  test('stays deleted if another writer wrote it after our write, and comes back otherwise', async () => {
    for (const [modified, expected] of [
      [WRITTEN + 5000, undefined],
      [WRITTEN - 5000, 'one'],
    ] as const) {
      const region = open({ now: () => modified });
      await region.store.place(location, Buffer.from('theirs'));
      region.store.erase(location);
      await region.process(await region.arrive(write('one', '10'), key('1'), 2));
      expect(region.text('k')).toBe(expected);
    }
  });

  test('comes back with a backfill or a repair', async () => {
    const region = open({ now: () => NOW });
    await restoreThenDelete(region);
    const packed = `${RULE.id}/20240101T000000000Z-${'0'.repeat(32)}.tar.zst`;
    await region.process(await region.arrive(archiveOf([textObject('k', 'listed')]), packed, 2));
    expect(region.text('k')).toBe('listed');
  });
});
