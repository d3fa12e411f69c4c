import { describe, expect, test } from '@jest/globals';
import { keyTime } from '../../../src/archive/key-time.ts';
import type { ManifestDeletion } from '../../../src/archive/manifest.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import { orderOfListed } from '../../../src/messages/backfill-message.ts';
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
/** Test objects are of this second. */
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

describe('a deletion arrives', () => {
  test('and deletes the older write of ours, by its ETag, once', async () => {
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
    ['nothing is there', undefined, 'absent'],
    ['a newer write', '30', 'newer-at-target'],
  ] as const)('and deletes nothing when %s', async (_, sequencer, reason) => {
    const { region } = open();
    if (sequencer !== undefined) {
      await region.process(await region.arrive(archiveOf([written('k', 'newer', sequencer)], RULE.id), key('1')));
    }
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(region.text('k')).toBe(sequencer === undefined ? undefined : 'newer');
    expect(region.telemetry.skippedDeletions).toEqual([['k', reason]]);
    expect(region.telemetry.archives.at(-1)?.deletions).toEqual({ deleted: 0, skipped: { [reason]: 1 } });
  });

  test("and follows on_conflict with another writer's object", async () => {
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

  test('and leaves a destination alone that ignores deletions', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'keeping' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archiveOf([written('k')], rule.id), key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')], [], rule), key('2')));
    expect([region.text('k'), region.text('k', 'keeping')]).toEqual([undefined, 'one']);
  });

  test('and is counted done where nothing here replicates deletions, without a memory', async () => {
    const region = new TargetRegion({ rules: [exampleRule()] });
    const response = await region.process(await region.arrive(archive([deletionOf('k')]), key('1')));
    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('under the prefix of its destination', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate', targetPrefix: 'copy/' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archiveOf([written('k')], rule.id), key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')], [], rule), key('2')));
    expect(region.text('copy/k')).toBeUndefined();
  });

  test('and looks again when the key changes under it', async () => {
    const { region } = open(RULE, {
      wrap: (store) =>
        new FailingObjectStore(
          store,
          {},
          {
            hold: async (call, count) => {
              // Between the look and the delete a newer write arrives.
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

  test('and is left to a later attempt when the key changes under it five times in a row', async () => {
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

  test('at each destination, and without a conflict where what it deletes is ours', async () => {
    const rule = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'other', deletes: 'replicate' }]);
    const { region } = open(rule);
    await region.process(await region.arrive(archiveOf([written('k'), written('l')], rule.id), `${rule.id}/1.tar.zst`));
    const both = archive([deletionOf('k'), deletionOf('l')], [], rule);
    expect((await region.process(await region.arrive(both, `${rule.id}/2.tar.zst`))).batchItemFailures).toEqual([]);
    expect([TARGET, 'other'].map((bucket) => region.store.keys(bucket))).toEqual([[], []]);
    expect(region.telemetry.archives.at(-1)?.deletions).toEqual({ deleted: 4, skipped: {} });
    expect(region.telemetry.deletedConflicts).toEqual([]);
  });

  test('and comes back when it fails; what is done stays done', async () => {
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
    ['the version that was looked at', ['v1'], 1],
    ['no version', [undefined], 1],
    ['a version that came in between: it looks again', ['v2', 'v1'], 2],
  ])('and reads a stamp that is a tag, of %s', async (_, tagVersions, looks) => {
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

  test('for a key that is not of its rule, and the archive is refused as a whole', async () => {
    const rule = exampleRule({ prefix: 'logs/' }, [{ deletes: 'replicate' }]);
    const { region } = open(rule);
    const bytes = archive([deletionOf('elsewhere')], [], rule);
    await region.process(await region.arrive(bytes, `${rule.id}/1.tar.zst`));
    expect(region.queue.letters.map(({ reason }) => reason.code)).toEqual(['MANIFEST_MISMATCH']);
  });
});

describe('a write that comes after the deletion it precedes', () => {
  test('is not brought back, however late, and no request is made for it but a look', async () => {
    let now = NOW;
    const { region } = open(RULE, { now: () => now });
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    now += 60 * 86_400_000;
    const before = { ...region.calls.counts };
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    expect(region.text('k')).toBeUndefined();
    expect(region.telemetry.skipped).toEqual([['k', 'deleted']]);
    expect(region.calls.counts).toMatchObject({ put: before.put, head: before.head + 1 });
    // Nothing was there to be deleted again.
    expect(region.telemetry.archives.at(-1)).toMatchObject({ skipped: 1 });
    expect(region.telemetry.archives.at(-1)?.deletions).toBeUndefined();
  });

  test('is not brought back though both are of one millisecond, by the order of their sequencers', async () => {
    const { region } = open();
    const event_time = new Date(WRITTEN).toISOString();
    await region.process(await region.arrive(archive([deletionOf('k', { event_time })]), key('2')));
    const packed = `${RULE.id}/${keyTime(WRITTEN)}-${'0'.repeat(32)}.tar.zst`;
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

  test('is written when it is later than the deletion: an undelete', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    await region.process(await region.arrive(archiveOf([written('k', 'back', '30')], RULE.id), key('3')));
    expect(region.text('k')).toBe('back');
    // Another ETag than that of the same bytes in one PUT, which a second delivery of the deletion may have seen.
    expect(region.calls.counts).toMatchObject({ createUpload: 1, complete: 1 });
  });

  test('is written in one PUT when it has no bytes, of which no part can be made', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    await region.process(await region.arrive(archiveOf([written('k', '', '30')], RULE.id), key('3')));
    expect(region.text('k')).toBe('');
    expect(region.calls.counts).toMatchObject({ createUpload: 0, put: 1 });
  });

  test('is deleted again when the deletion was kept while it was written', async () => {
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

  test('comes back when it was written meanwhile and cannot be deleted again, and is deleted then', async () => {
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

  test('comes back when the key cannot be looked at, where an earlier attempt may have written it', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    region.dependencies = { ...region.dependencies, store: new FailingObjectStore(region.store, { head: [1] }) };
    const late = await region.arrive(archiveOf([written('k')], RULE.id), key('1'));
    expect((await region.process(late)).batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual([['k', 'STORAGE_UNAVAILABLE']]);
    expect((await region.process({ ...late, receiveCount: 2 })).batchItemFailures).toEqual([]);
    expect(region.telemetry.skipped).toEqual([['k', 'deleted']]);
  });

  test('of a backfill without the time of its read is newer than every deletion before its archive was made', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    const packed = `${RULE.id}/20240101T000000000Z-${'0'.repeat(32)}.tar.zst`;
    await region.process(await region.arrive(archiveOf([textObject('k', 'listed')], RULE.id), packed));
    expect(region.text('k')).toBe('listed');
  });
});

describe('the memory of deletions', () => {
  test('is asked twice per archive, whatever the number of its objects, and written once', async () => {
    const { region, deletions } = open();
    const objects = Array.from({ length: 50 }, (_, index) => written(`k${index}`));
    await region.process(await region.arrive(archiveOf(objects, RULE.id), key('1')));
    expect(deletions.calls).toEqual({ record: 0, recall: 2 });
    const many = objects.map((object) => deletionOf(object.key));
    await region.process(await region.arrive(archive(many), key('2')));
    // And once per archive of deletions, for removed versions that overrule them.
    expect(deletions.calls).toEqual({ record: 1, recall: 3 });
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('is not asked for a rule that ignores deletions', async () => {
    const { region, deletions } = open(exampleRule());
    await region.process(await region.arrive(archiveOf([written('k')], RULE.id), key('1')));
    expect(deletions.calls).toEqual({ record: 0, recall: 0 });
    expect(region.text('k')).toBe('one');
  });

  test.each([1, 2])('that does not answer (call %s) delays the archive and loses nothing', async (call) => {
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

  test('that fails after the objects are written, again and again, has nothing written twice, nor brought back', async () => {
    const { region, deletions } = open(RULE, { versioned: true });
    const message = await region.arrive(archiveOf([written('k'), written('other')], RULE.id), key('1'));
    deletions.failing = [2];
    await region.process(message);
    region.store.erase({ bucket: TARGET, key: 'k' });
    const { put } = region.calls.counts;
    for (let turn = 0; turn < 3; turn += 1) {
      // A requeued message is a new one, which was never received.
      const [requeued, turns] = [region.queue.again.at(-1), region.queue.againTurns.at(-1)];
      deletions.failing = [2];
      await region.process({ ...message, ...requeued, receiveCount: 1, turns: turns ?? 0 });
    }
    expect(region.queue.againTurns).toEqual([1, 1, 1, 1]);
    expect(region.queue.againAfter).toEqual([120, 120, 120, 120]);
    expect([region.calls.counts.put, region.text('k'), region.text('other')]).toEqual([put, undefined, 'one']);
    expect(region.queue.letters).toEqual([]);
  });

  test('that is missing is an error that says what to do', async () => {
    const region = new TargetRegion({ rules: [RULE] });
    const message = await region.arrive(archiveOf([written('k')], RULE.id), key('1'));
    await region.process({ ...message, receiveCount: 5 });
    expect(region.telemetry.failures).toEqual([[message.messageId, 'DELETION_MEMORY_UNAVAILABLE']]);
    expect(region.queue.letters).toHaveLength(1);
  });
});

describe('an object that a listing has brought', () => {
  /** @param readAfter milliseconds after it was written */
  const listedObject = (readAfter: number) =>
    textObject('k', 'listed', {
      modified: orderOfListed(WRITTEN) / 1000,
      read_time: new Date(WRITTEN + readAfter).toISOString(),
    });
  const listed = archiveOf([listedObject(60_000)], RULE.id);

  test.each([false, true])('stays when an earlier deletion arrives after it (versioned: %s)', async (versioned) => {
    const { region } = open(RULE, { versioned });
    await region.process(await region.arrive(listed, key('1')));
    await region.process(await region.arrive(archive([deletionOf('k')]), key('2')));
    expect(region.text('k')).toBe('listed');
  });

  test('stays when that deletion, or the write before it, is delivered again', async () => {
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

  test('is restored though an older event is in its archive, whose time is then that of the event', async () => {
    const { region } = open();
    await region.process(await region.arrive(archive([deletionOf('k')]), key('1')));
    const older = textObject('other', 'x', { sequencer: '11', modified: WRITTEN / 1000 + 1 });
    const mixed = archiveOf([listedObject(60_000), older], RULE.id);
    const time = new Date(WRITTEN + 1000).toISOString().replace(/[-:.]/g, '');
    await region.process(await region.arrive(mixed, `${RULE.id}/${time}-${'0'.repeat(32)}.tar.zst`));
    expect([region.text('other'), region.text('k')]).toEqual(['x', 'listed']);
  });

  test.each([0, 2000])(
    'goes when it was deleted %s ms after its read, whatever the clock of its packer said',
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

  test('gives way to an event of a later write, as without the time of its read', async () => {
    const { region } = open();
    await region.process(await region.arrive(listed, key('1')));
    const event = archiveOf([textObject('k', 'event', { sequencer: '10', modified: WRITTEN / 1000 + 1 })], RULE.id);
    await region.process(await region.arrive(event, key('2')));
    expect(region.text('k')).toBe('event');
  });
});
