import { describe, expect, test } from '@jest/globals';
import { formatKeyTime } from '../../../src/archive/key-time.ts';
import type { ManifestDeletion } from '../../../src/archive/manifest.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import { orderOfListedObject } from '../../../src/messages/backfill-message.ts';
import { layOutArchive, sealArchive, type TestObject } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryDeletions } from '../../support/memory-deletions.ts';
import { exampleRule } from '../../support/rules.ts';
import {
  archiveOf,
  INBOUND,
  NOW,
  type RegionOptions,
  TARGET,
  TargetRegion,
  textObject,
} from '../../support/target-region.ts';

const RULE = exampleRule({}, [{ deletes: 'replicate' }]);
/** When the test objects were written. */
const WRITTEN = 1_700_000_000_000;

function deletionOf(key: string, facts: Partial<ManifestDeletion> = {}): ManifestDeletion {
  const event_time = new Date(WRITTEN + 10_000).toISOString();
  return { source_bucket: 'source-bucket', key, event_time, sequencer: '20', ...facts };
}

function archive(deletions: ManifestDeletion[], objects: readonly TestObject[] = [], rule = RULE): Buffer {
  const parts = layOutArchive(objects);
  return sealArchive({ ...parts, manifest: { ...parts.manifest, rule: rule.id, deletions } });
}

function written(key: string, text = 'one', sequencer = '10'): TestObject {
  return textObject(key, text, { sequencer, modified: WRITTEN / 1000 });
}

function open(rule: ReplicationRule = RULE, options: RegionOptions = {}) {
  const deletions = new MemoryDeletions();
  const region = new TargetRegion({ rules: [rule], ...options, dependencies: { deletions, ...options.dependencies } });
  return { region, deletions };
}

const key = (name: string): string => `${RULE.id}/${name}.tar.zst`;

describe('a deletion that arrives', () => {
  test('deletes our older write once, by its ETag', async () => {
    const { region } = open();
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    expect(region.text('k')).toBe('one');
    const response = await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(response.batchItemFailures).toEqual([]);
    expect(region.text('k')).toBeUndefined();
    expect(region.telemetry.archives.at(-1)).toMatchObject({ objects: 0, deletions: { deleted: 1, skipped: {} } });
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test.each([
    ['nothing', undefined, 'absent'],
    ['a newer write', '30', 'newer-at-target'],
  ] as const)('deletes nothing if the destination has %s', async (_, sequencer, reason) => {
    const { region } = open();
    if (sequencer !== undefined) {
      await region.process(await region.arrive(archiveOf([written('k', 'newer', sequencer)], RULE.id), key('1')));
    }
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(region.text('k')).toBe(sequencer === undefined ? undefined : 'newer');
    expect(region.telemetry.skippedDeletions).toEqual([['k', reason]]);
    expect(region.telemetry.archives.at(-1)?.deletions).toEqual({ deleted: 0, skipped: { [reason]: 1 } });
  });

  test("follows on_conflict if the object is another writer's", async () => {
    const rule = exampleRule({}, [
      { deletes: 'replicate' },
      { bucket: 'other', deletes: 'replicate', onConflict: 'keep' },
    ]);
    const { region } = open(rule, { now: () => WRITTEN });
    for (const bucket of [TARGET, 'other']) await region.store.place({ bucket, key: 'k' }, Buffer.from('theirs'));
    await region.process(await region.arrive(archive([deletionOf('k')]), key('1')));
    expect(region.text('k')).toBeUndefined();
    expect(region.text('k', 'other')).toBe('theirs');
    expect(region.telemetry.deletedConflicts).toEqual(['k']);
  });

  test('does not touch a destination that ignores deletions', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'keeping' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archiveOf([written('k')], rule.id), key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')], [], rule), key('2')));
    expect([region.text('k'), region.text('k', 'keeping')]).toEqual([undefined, 'one']);
  });

  test('is acknowledged, without a deletion table, if no destination here replicates deletions', async () => {
    const region = new TargetRegion({ rules: [exampleRule()] });
    const response = await region.process(await region.arrive(archive([deletionOf('k')]), key('1')));
    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('deletes under the prefix of its destination', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate', targetPrefix: 'copy/' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archiveOf([written('k')], rule.id), key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')], [], rule), key('2')));
    expect(region.text('copy/k')).toBeUndefined();
  });

  test('checks again if the key changes between HEAD and DELETE', async () => {
    const { region } = open(RULE, {
      wrap: (store) =>
        new FailingObjectStore(
          store,
          {},
          {
            hold: async (call, count) => {
              // A newer write arrives between the HEAD and the DELETE.
              if (call === 'remove' && count === 2)
                await store.place({ bucket: TARGET, key: 'k' }, Buffer.from('later'));
            },
          },
        ),
    });
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(region.text('k')).toBe('later');
  });

  test('is left to a later attempt if the key changes five times in a row', async () => {
    const { region } = open();
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    const store = new FailingObjectStore(region.store);
    const remove = store.remove.bind(store);
    store.remove = (location) => (location.bucket === TARGET ? Promise.resolve(false) : remove(location));
    region.dependencies = { ...region.dependencies, store };
    const response = await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(response.batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual([['k', 'WRITE_CONDITION_FAILED']]);
    expect(store.counts.head).toBe(5);
  });

  test('deletes at each destination, and reports no conflict for our own writes', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'other', deletes: 'replicate' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archiveOf([written('k'), written('l')], rule.id), `${rule.id}/1.tar.zst`));
    const both = archive([deletionOf('k'), deletionOf('l')], [], rule);
    expect((await region.process(await region.arrive(both, `${rule.id}/2.tar.zst`))).batchItemFailures).toEqual([]);
    expect([TARGET, 'other'].map((bucket) => region.store.keys(bucket))).toEqual([[], []]);
    expect(region.telemetry.archives.at(-1)?.deletions).toEqual({ deleted: 4, skipped: {} });
    expect(region.telemetry.deletedConflicts).toEqual([]);
  });

  test('is retried if it fails, and keeps what was already done', async () => {
    const { region } = open(RULE, { wrap: (store) => new FailingObjectStore(store, { remove: [2] }) });
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    const message = await region.arrive(archive([deletionOf('k')]), key('2'));
    const failed = await region.process(message);
    expect(failed.batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual([['k', 'STORAGE_UNAVAILABLE']]);
    expect(region.text('k')).toBe('one');
    expect((await region.process({ ...message, receiveCount: 2 })).batchItemFailures).toEqual([]);
    expect(region.text('k')).toBeUndefined();
  });

  test.each<[string, (string | undefined)[], number]>([
    ['the version that the HEAD found', ['v1'], 1],
    ['no version', [undefined], 1],
    ['a version written in between, after which it checks again', ['v2', 'v1'], 2],
  ])('reads a stamp in a tag of %s', async (_, tagVersions, looks) => {
    const { region } = open();
    const full = textObject('k', 'one', { sequencer: '10', metadata: [['note', 'x'.repeat(2044)]] });
    await region.process(await region.arrive(archiveOf([full], RULE.id), key('1')));
    let seen = 0;
    class Versions extends FailingObjectStore {
      override async head(...args: Parameters<FailingObjectStore['head']>) {
        const found = await super.head(...args);
        return found && { ...found, versionId: 'v1' };
      }
      override async readTags(...args: Parameters<FailingObjectStore['readTags']>) {
        const versionId = tagVersions[seen];
        seen += 1;
        return { ...(await super.readTags(...args)), ...(versionId !== undefined && { versionId }) };
      }
    }
    const store = new Versions(region.store);
    region.dependencies = { ...region.dependencies, store };
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(region.telemetry.archives.at(-1)?.deletions).toEqual({ deleted: 1, skipped: {} });
    expect([region.text('k'), store.counts.head, seen]).toEqual([undefined, looks, looks]);
  });

  test('is refused with its whole archive if the key is outside the rule', async () => {
    const rule = exampleRule({ prefix: 'logs/' }, [{ deletes: 'replicate' }]);
    const { region } = open(rule);
    const bytes = archive([deletionOf('elsewhere')], [], rule);
    await region.process(await region.arrive(bytes, `${rule.id}/1.tar.zst`));
    expect(region.queue.letters.map(({ reason }) => reason.code)).toEqual(['MANIFEST_MISMATCH']);
  });
});

describe('a write that arrives after a later deletion', () => {
  test('is not restored, however late, and costs only one HEAD', async () => {
    let now = NOW;
    const { region } = open(RULE, { now: () => now });
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    now += 60 * 86_400_000;
    const before = { ...region.calls.counts };
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    expect(region.text('k')).toBeUndefined();
    expect(region.telemetry.skipped).toEqual([['k', 'deleted']]);
    expect(region.calls.counts).toMatchObject({ put: before.put, head: before.head + 1 });
    // There was nothing to delete again.
    expect(region.telemetry.archives.at(-1)).toMatchObject({ skipped: 1 });
    expect(region.telemetry.archives.at(-1)?.deletions).toBeUndefined();
  });

  test('is not restored if the sequencers order it before a deletion in the same millisecond', async () => {
    const { region } = open();
    const event_time = new Date(WRITTEN).toISOString();
    await region.process(await region.arrive(archive([deletionOf('k', { event_time })]), key('2')));
    const packed = `${RULE.id}/${formatKeyTime(WRITTEN)}-${'0'.repeat(32)}.tar.zst`;
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), packed));
    expect(region.text('k')).toBeUndefined();
  });

  test('is written where deletions are ignored', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'keeping' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archive([deletionOf('k')], [], rule), key('2')));
    await region.process(await region.arrive(archiveOf([written('k')], rule.id), key('1')));
    expect([region.text('k'), region.text('k', 'keeping')]).toEqual([undefined, 'one']);
  });

  test('is written if it is later than the deletion (an undelete)', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    await region.process(await region.arrive(archiveOf([written('k', 'back', '30')], RULE.id), key('3')));
    expect(region.text('k')).toBe('back');
    // Its ETag differs from that of one PUT of the same bytes, which a second delivery of the deletion may have seen.
    expect(region.calls.counts).toMatchObject({ createUpload: 1, complete: 1 });
  });

  test('is written in one PUT if it has no bytes, since there is no part to upload', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    await region.process(await region.arrive(archiveOf([written('k', '', '30')], RULE.id), key('3')));
    expect(region.text('k')).toBe('');
    expect(region.calls.counts).toMatchObject({ createUpload: 0, put: 1 });
  });

  test('is deleted again if the deletion was recorded while it was being written', async () => {
    const { region, deletions } = open();
    const late = await region.arrive(archiveOf([written('k')], RULE.id), key('1'));
    region.dependencies = {
      ...region.dependencies,
      store: new FailingObjectStore(
        region.store,
        {},
        {
          hold: async (call) => {
            if (call === 'put') await deletions.record(RULE.id, [{ key: 'k', eventTime: NOW, sequencer: '20' }], NOW);
          },
        },
      ),
    };
    await region.process(late);
    expect(region.text('k')).toBeUndefined();
    expect(region.telemetry.archives.at(-1)).toMatchObject({ restored: 1, deletions: { deleted: 1, skipped: {} } });
  });

  test('is retried if it cannot be deleted again, and is deleted then', async () => {
    const { region, deletions } = open();
    const late = await region.arrive(archiveOf([written('k')], RULE.id), key('1'));
    const hold = async (call: string): Promise<void> => {
      if (call === 'put') await deletions.record(RULE.id, [{ key: 'k', eventTime: NOW, sequencer: '20' }], NOW);
    };
    const store = new FailingObjectStore(region.store, { remove: [1] }, { hold });
    region.dependencies = { ...region.dependencies, store };
    expect((await region.process(late)).batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual([['k', 'STORAGE_UNAVAILABLE']]);
    expect((await region.process({ ...late, receiveCount: 2 })).batchItemFailures).toEqual([]);
    expect([region.text('k'), region.store.keys(INBOUND)]).toEqual([undefined, []]);
  });

  test('is retried if a HEAD fails, since an earlier attempt may have written it', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    region.dependencies = { ...region.dependencies, store: new FailingObjectStore(region.store, { head: [1] }) };
    const late = await region.arrive(archiveOf([written('k')], RULE.id), key('1'));
    expect((await region.process(late)).batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual([['k', 'STORAGE_UNAVAILABLE']]);
    expect((await region.process({ ...late, receiveCount: 2 })).batchItemFailures).toEqual([]);
    expect(region.telemetry.skipped).toEqual([['k', 'deleted']]);
  });

  test('of a backfill without a read time counts as newer than every deletion before the time of its archive', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    const packed = `${RULE.id}/20240101T000000000Z-${'0'.repeat(32)}.tar.zst`;
    await region.process(await region.arrive(archiveOf([textObject('k', 'listed')], RULE.id), packed));
    expect(region.text('k')).toBe('listed');
  });
});

describe('the deletion table', () => {
  test('is queried twice per archive, however many objects it has, and written once per archive of deletions', async () => {
    const { region, deletions } = open();
    const objects = Array.from({ length: 50 }, (_, index) => written(`k${index}`));
    await region.process(await region.arrive(archiveOf(objects, RULE.id), key('1')));
    expect(deletions.calls).toEqual({ record: 0, recall: 2 });
    const many = objects.map((object) => deletionOf(object.key));
    await region.process(await region.arrive(archive(many), key('2')));
    // An archive of deletions takes one query, for removed versions that overrule them.
    expect(deletions.calls).toEqual({ record: 1, recall: 3 });
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('is not queried for a rule that ignores deletions', async () => {
    const { region, deletions } = open(exampleRule());
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    expect(deletions.calls).toEqual({ record: 0, recall: 0 });
    expect(region.text('k')).toBe('one');
  });

  test.each([1, 2])('delays the archive and loses nothing if it does not answer call %s', async (call) => {
    const { region, deletions } = open();
    deletions.failing = [call];
    const message = await region.arrive(archive([deletionOf('gone')], [written('k')]), key('1'));
    expect((await region.process({ ...message, receiveCount: 5 })).batchItemFailures).toEqual([]);
    expect(region.telemetry.failures).toEqual([[message.messageId, 'DELETION_MEMORY_UNAVAILABLE']]);
    expect(region.queue.letters).toEqual([]);
    expect(region.queue.again).toMatchObject([{ messageId: message.messageId }]);
    expect(region.queue.againAfter).toEqual([120]);
    expect(region.text('k')).toBeUndefined();
    expect((await region.process(message)).batchItemFailures).toEqual([]);
    expect(region.text('k')).toBe('one');
  });

  test('causes no second write and brings nothing back if it keeps failing after the objects are written', async () => {
    const { region, deletions } = open(RULE, { versioned: true });
    const message = await region.arrive(archiveOf([written('k'), written('other')], RULE.id), key('1'));
    deletions.failing = [2];
    await region.process(message);
    region.store.erase({ bucket: TARGET, key: 'k' });
    const { put } = region.calls.counts;
    for (let turn = 0; turn < 3; turn += 1) {
      // A requeued message is a new message that was never received.
      const [requeued, turns] = [region.queue.again.at(-1), region.queue.againTurns.at(-1)];
      deletions.failing = [2];
      await region.process({ ...message, ...requeued, receiveCount: 1, turns: turns ?? 0 });
    }
    expect(region.queue.againTurns).toEqual([1, 1, 1, 1]);
    expect(region.queue.againAfter).toEqual([120, 120, 120, 120]);
    expect([region.calls.counts.put, region.text('k'), region.text('other')]).toEqual([put, undefined, 'one']);
    expect(region.queue.letters).toEqual([]);
  });

  test('raises an error that says what to do if it is missing', async () => {
    const region = new TargetRegion({ rules: [RULE] });
    const message = await region.arrive(archiveOf([written('k')], RULE.id), key('1'));
    await region.process({ ...message, receiveCount: 5 });
    expect(region.telemetry.failures).toEqual([[message.messageId, 'DELETION_MEMORY_UNAVAILABLE']]);
    expect(region.queue.letters).toHaveLength(1);
  });
});

describe('an object found by a listing', () => {
  /** @param readAfter milliseconds after it was written */
  const listedObject = (readAfter: number) =>
    textObject('k', 'listed', {
      modified: orderOfListedObject(WRITTEN) / 1000,
      read_time: new Date(WRITTEN + readAfter).toISOString(),
    });
  const listed = archiveOf([listedObject(60_000)], RULE.id);

  test.each([false, true])('stays if an earlier deletion arrives after it (versioned: %s)', async (versioned) => {
    const { region } = open(RULE, { versioned });
    await region.process(await region.arrive(listed, key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(region.text('k')).toBe('listed');
  });

  test('stays if that deletion, or the write before it, is delivered again', async () => {
    const { region } = open();
    const before = archiveOf([textObject('k', 'old', { sequencer: '10' })], RULE.id);
    await region.process(await region.arrive(before, key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    await region.process(await region.arrive(listed, key('3')));
    expect(region.text('k')).toBe('listed');
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2'), 2));
    expect(region.text('k')).toBe('listed');
    await region.process(await region.arrive(before, key('1'), 2));
    expect(region.text('k')).toBe('listed');
  });

  test('is restored even if an older event in its archive determines the time of the archive', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('1')));
    const older = textObject('other', 'x', { sequencer: '11', modified: WRITTEN / 1000 + 1 });
    const mixed = archiveOf([listedObject(60_000), older], RULE.id);
    const time = new Date(WRITTEN + 1000).toISOString().replace(/[-:.]/g, '');
    await region.process(await region.arrive(mixed, `${RULE.id}/${time}-${'0'.repeat(32)}.tar.zst`));
    expect([region.text('other'), region.text('k')]).toEqual(['x', 'listed']);
  });

  test.each([0, 2000])(
    "is deleted if the deletion came %s ms after its read, whatever the packer's clock said",
    async (after) => {
      for (const order of ['deletion first', 'object first']) {
        const { region } = open();
        const read = archiveOf([listedObject(10_000 - after)], RULE.id);
        const time = new Date(WRITTEN + 11_000).toISOString().replace(/[-:.]/g, '');
        const packed = { bytes: read, name: `${RULE.id}/${time}-${'0'.repeat(32)}.tar.zst` };
        const deleted = { bytes: archive([deletionOf('k')]), name: key('2') };
        const arrivals = order === 'object first' ? [packed, deleted] : [deleted, packed];
        for (const { bytes, name } of arrivals) await region.process(await region.arrive(bytes, name));
        expect([order, region.text('k')]).toEqual([order, undefined]);
      }
    },
  );

  test('is replaced by the event of a later write, as without a read time', async () => {
    const { region } = open();
    await region.process(await region.arrive(listed, key('1')));
    const event = archiveOf([textObject('k', 'event', { sequencer: '10', modified: WRITTEN / 1000 + 1 })], RULE.id);
    await region.process(await region.arrive(event, key('2')));
    expect(region.text('k')).toBe('event');
  });
});
