import { describe, expect, test } from '@jest/globals';
import type { ManifestDeletion } from '../../../src/archive/manifest.ts';
import { layOutArchive, sealArchive } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryDeletions } from '../../support/memory-deletions.ts';
import { exampleRule } from '../../support/rules.ts';
import { archiveOf, type RegionOptions, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const RULE = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'keeping' }]);
const BUCKETS = [TARGET, 'keeping'];
/** When the current object was written. */
const WRITTEN = Date.UTC(2026, 2, 1);
const DAY = 86_400_000;
const HEX = 'd41d8cd98f00b204e9800998ecf8427e';

const at = (seconds: number): string => new Date(WRITTEN + 1000 * seconds).toISOString();
const key = (name: string): string => `${RULE.id}/${name}.tar.zst`;
const write = (text: string, sequencer: string, seconds = 0, more: Partial<Parameters<typeof textObject>[2]> = {}) =>
  archiveOf(
    [textObject('k', text, { sequencer, modified: WRITTEN / 1000 + seconds, event_time: at(seconds), ...more })],
    RULE.id,
  );
/** The object that is current after a removal: written at the beginning, sent an hour later. */
const removal = (sequencer = '40', seconds = 3600) =>
  write('current', sequencer, 0, { event_time: at(seconds), by_removal: true });

function deletion(sequencer: string, seconds: number): Buffer {
  const { manifest } = layOutArchive([]);
  const deleted: ManifestDeletion = { source_bucket: 'source-bucket', key: 'k', event_time: at(seconds), sequencer };
  return sealArchive({ tarFrames: [], manifest: { ...manifest, rule: RULE.id, deletions: [deleted] } });
}

/** A region that has already restored the current object. */
async function open(options: RegionOptions = {}) {
  const clock = { now: WRITTEN + 60_000 };
  const deletions = new MemoryDeletions();
  const region = new TargetRegion({
    rules: [RULE],
    versioned: true,
    now: () => clock.now,
    ...options,
    dependencies: { deletions, ...options.dependencies },
  });
  const restore = async (bytes: Buffer, name: string, receives = 1): Promise<void> => {
    clock.now += 60_000;
    const message = await region.arrive(bytes, key(name), receives);
    expect((await region.process(message)).batchItemFailures).toEqual([]);
  };
  const texts = () => BUCKETS.map((bucket) => region.text('k', bucket));
  await restore(write('current', '10'), 'current');
  expect(texts()).toEqual(['current', 'current']);
  clock.now = WRITTEN + 3_600_000;
  return { region, clock, deletions, restore, texts };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** A consumer deletes both copies. */
function erase({ region }: Opened): void {
  for (const bucket of BUCKETS) region.store.erase({ bucket, key: 'k' });
}

/** A consumer edits both copies with a tool that keeps metadata. */
async function edit({ region }: Opened, text = 'edited'): Promise<void> {
  for (const bucket of BUCKETS) {
    const found = region.store.look({ bucket, key: 'k' });
    const metadata = found?.description.metadata ?? {};
    await region.store.place({ bucket, key: 'k' }, Buffer.from(text), { metadata });
  }
}

describe('the removal of an old version at the source', () => {
  test('keeps the current object deleted if a consumer deleted it, and so does each further removal', async () => {
    const opened = await open();
    erase(opened);
    await opened.restore(removal('40'), '1');
    await opened.restore(removal('41', 3700), '2');
    await opened.restore(removal('40'), '1', 2);
    expect(opened.texts()).toEqual([undefined, undefined]);
    const reasons = opened.region.telemetry.skipped.map(([, reason]) => reason);
    expect(reasons).toEqual([
      ...Array.from({ length: 4 }, () => 'deleted-at-target'),
      // The second removal is known at this point.
      ...BUCKETS.map(() => 'newer-at-target'),
    ]);
  });

  test("keeps a consumer's edit of the current object", async () => {
    for (const versioned of [true, false]) {
      const opened = await open({ versioned });
      await edit(opened);
      await opened.restore(removal(), '1');
      expect(opened.texts()).toEqual(['edited', 'edited']);
      expect(opened.region.telemetry.conflicts).toEqual([]);
    }
  });

  test('writes an unchanged object again with a newer stamp, so that a late older version is skipped', async () => {
    const { restore, texts, region } = await open();
    await restore(removal(), '1');
    await restore(write('older', '30', 1800), '2');
    expect(texts()).toEqual(['current', 'current']);
    expect(region.telemetry.skipped).toEqual([
      ['k', 'newer-at-target'],
      ['k', 'newer-at-target'],
    ]);
  });

  test('brings a deleted object back in a bucket without versions, where nothing shows who deleted it', async () => {
    const opened = await open({ versioned: false });
    erase(opened);
    await opened.restore(removal(), '1');
    expect(opened.texts()).toEqual(['current', 'current']);
  });

  test('restores the later of two writes of the same bytes if a consumer deleted the earlier one', async () => {
    const opened = await open();
    erase(opened);
    const later = write('current', '40', 1800, { event_time: at(3600), by_removal: true });
    await opened.restore(later, '1');
    expect(opened.texts()).toEqual(['current', 'current']);
  });

  test('restores the current object if a consumer deleted or edited other bytes', async () => {
    for (const change of [erase, edit]) {
      const opened = await open();
      await opened.restore(write('newer', '20', 600, { etag: `${HEX.slice(1)}0` }), '1');
      await change(opened);
      await opened.restore(removal(), '2');
      expect(opened.texts()).toEqual(['current', 'current']);
    }
  });
});

describe('an undelete', () => {
  test('arrives after our own deletion', async () => {
    const opened = await open();
    await opened.restore(deletion('20', 600), '1');
    expect(opened.texts()).toEqual([undefined, 'current']);
    await opened.restore(removal(), '2');
    expect(opened.texts()).toEqual(['current', 'current']);
  });

  test('arrives over an edit that our deletion did not remove', async () => {
    const opened = await open();
    opened.clock.now = WRITTEN + 1000 * 900;
    await edit(opened);
    await opened.restore(deletion('20', 600), '1');
    expect(opened.texts()).toEqual(['edited', 'edited']);
    await opened.restore(removal(), '2');
    expect(opened.texts()[0]).toBe('current');
  });

  test('arrives if the delete marker is so old that a deletion before it is forgotten', async () => {
    const opened = await open();
    opened.region.store.erase({ bucket: TARGET, key: 'k' });
    opened.clock.now += 180 * DAY;
    await opened.restore(removal('40', 180 * 86_400), '1');
    expect(opened.texts()[0]).toBe('current');
  });

  test('arrives if its deletion is recorded during the HEAD of the key', async () => {
    const opened = await open();
    const { region, deletions } = opened;
    const hold = async (call: string, count: number): Promise<void> => {
      if (call !== 'head' || count !== 1) return;
      await deletions.record(RULE.id, [{ key: 'k', eventTime: WRITTEN + 600_000, sequencer: '20' }], opened.clock.now);
      region.store.erase({ bucket: TARGET, key: 'k' });
    };
    region.dependencies = { ...region.dependencies, store: new FailingObjectStore(region.store, {}, { hold }) };
    const message = await region.arrive(removal(), key('1'));
    expect((await region.process(message)).batchItemFailures).toHaveLength(1);
    await region.process({ ...message, receiveCount: 2 });
    expect(opened.texts()[0]).toBe('current');
  });
});

describe("a write or deletion from before a removal that kept a consumer's change", () => {
  test.each([
    ['deleted', erase, undefined],
    ['edited', edit, 'edited'],
  ] as const)('does not replace the object that the consumer %s', async (_, change, expected) => {
    const opened = await open();
    // Before the deletion, which would delete an edit.
    opened.clock.now = WRITTEN + 1_800_000;
    await change(opened);
    await opened.restore(removal(), '1');
    const { head } = opened.region.calls.counts;
    await opened.restore(write('removed later', '30', 1800), '2');
    expect(opened.texts()).toEqual([expected, expected]);
    // It is not checked at the end either, since this invocation has not written it.
    expect(opened.region.calls.counts.head).toBe(head);
    await opened.restore(deletion('20', 3599), '3');
    expect(opened.texts()).toEqual([expected, expected]);
    await opened.restore(write('new', '50', 7200), '4');
    expect(opened.texts()).toEqual(['new', 'new']);
  });

  test('is deleted again if it was written while the removal was being noted', async () => {
    const opened = await open();
    const { region, deletions } = opened;
    erase(opened);
    const hold = async (call: string, count: number): Promise<void> => {
      if (call !== 'put' || count !== 1) return;
      const note = { key: 'k', kind: 'note' as const, eventTime: WRITTEN + 3_600_000, sequencer: '40' };
      await deletions.record(RULE.id, [note], opened.clock.now);
    };
    region.dependencies = { ...region.dependencies, store: new FailingObjectStore(region.store, {}, { hold }) };
    await opened.restore(write('removed later', '30', 1800), '1');
    expect(opened.texts()).toEqual([undefined, undefined]);
  });

  test('does not stay if it replaced the change while the removal was being noted', async () => {
    const opened = await open();
    const { region, clock, deletions } = opened;
    await edit(opened);
    const other = new TargetRegion({
      rules: [RULE],
      now: () => clock.now,
      // It does not know about the removal.
      dependencies: { store: region.store, deletions: new MemoryDeletions() },
    });
    const record = deletions.record.bind(deletions);
    deletions.record = async (...note) => {
      await record(...note);
      const message = await other.arriveIn(region.store, write('removed later', '30', 1800), key('2'));
      expect((await other.process(message)).batchItemFailures).toEqual([]);
      expect(opened.texts()).toEqual(['removed later', 'removed later']);
    };
    await opened.restore(removal(), '1');
    expect(opened.texts()).toEqual(['current', 'current']);
  });

  test('waits for the deletion table if the removal cannot be noted', async () => {
    const opened = await open();
    const { region, deletions } = opened;
    erase(opened);
    // The first two calls query deletions.
    deletions.failing = [3];
    const message = await region.arrive(removal(), key('1'));
    expect((await region.process({ ...message, receiveCount: 5 })).batchItemFailures).toEqual([]);
    expect([region.queue.letters, region.queue.againAfter]).toEqual([[], [120]]);
    expect(opened.texts()).toEqual([undefined, undefined]);
    await opened.restore(removal(), '1');
    expect(opened.texts()).toEqual([undefined, undefined]);
  });
});
