import { describe, expect, test } from '@jest/globals';
import { MIB } from '../../../src/units.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryDeletions } from '../../support/memory-deletions.ts';
import { publicArchive, publicEntry } from '../../support/public-archives.ts';
import { exampleRule } from '../../support/rules.ts';
import { INBOUND, NOW, type RegionOptions, TARGET, TargetRegion } from '../../support/target-region.ts';

const KEY = 'source-bucket/data/0123456789abcdef0123456789abcdef.tar.zst';
/** The time in the entries. */
const WRITTEN = 1_700_000_000_000;
const RULE = exampleRule({}, [{ deletes: 'replicate' }, { bucket: 'keeping' }]);

function open(options: RegionOptions = {}) {
  const deletions = new MemoryDeletions();
  const region = new TargetRegion({ rules: [RULE], ...options, dependencies: { deletions, ...options.dependencies } });
  const forget = (key: string, eventTime: number): Promise<void> =>
    deletions.record(RULE.id, [{ key, eventTime, sequencer: '20' }], region.dependencies.now());
  return { region, deletions, forget };
}

function archiveOf(...keys: string[]): Promise<Buffer> {
  return publicArchive(
    keys.map((key) => ({ name: `objects/${key}`, body: Buffer.from(`text of ${key}`) })),
    keys.map((key) => publicEntry(key, Buffer.byteLength(`text of ${key}`))),
  );
}

describe('an archive of the public implementation', () => {
  test('does not bring back an object that was deleted later, where the destination replicates deletions', async () => {
    const { region, deletions, forget } = open();
    await forget('gone', WRITTEN + 10_000);
    const response = await region.process(await region.arrive(await archiveOf('gone', 'there'), KEY));
    expect(response.batchItemFailures).toEqual([]);
    expect([region.text('gone'), region.text('there')]).toEqual([undefined, 'text of there']);
    expect([region.text('gone', 'keeping'), region.text('there', 'keeping')]).toEqual([
      'text of gone',
      'text of there',
    ]);
    expect(region.store.keys(INBOUND)).toEqual([]);
    // One query before anything is written, and one after everything is.
    expect(deletions.calls.recall).toBe(2);
  });

  test('is restored over an older deletion, and over one in the same second, which its time cannot order', async () => {
    const { region, forget } = open();
    await forget('before', WRITTEN - 1000);
    await forget('same second', WRITTEN + 999);
    await forget('after', WRITTEN + 1000);
    await region.process(await region.arrive(await archiveOf('before', 'same second', 'after'), KEY));
    expect(region.store.keys(TARGET)).toEqual(['before', 'same second']);
  });

  test('deletes an object again if its deletion was recorded while it was being written', async () => {
    const holding: { deletion?: () => Promise<void> } = {};
    const { region, forget } = open({
      wrap: (store) =>
        new FailingObjectStore(store, {}, { hold: (call) => (call === 'put' ? holding.deletion?.() : undefined) }),
    });
    holding.deletion = () => forget('k', WRITTEN + 10_000);
    await region.process(await region.arrive(await archiveOf('k'), KEY));
    expect([region.text('k'), region.text('k', 'keeping')]).toEqual([undefined, 'text of k']);
  });

  test('leaves out a large object that was deleted later', async () => {
    const { region, forget } = open();
    await forget('large', WRITTEN + 10_000);
    const body = Buffer.alloc(17 * MIB, 'large object ');
    const archive = await publicArchive([{ name: 'objects/large', body }], [publicEntry('large', body.length)]);
    expect((await region.process(await region.arrive(archive, KEY))).batchItemFailures).toEqual([]);
    expect(region.text('large')).toBeUndefined();
    expect(region.store.look({ bucket: 'keeping', key: 'large' })?.body.equals(body)).toBe(true);
  });

  test('waits and writes nothing if the deletion table does not answer', async () => {
    const { region, deletions } = open();
    deletions.failing = [1];
    const message = await region.arrive(await archiveOf('k'), KEY);
    expect((await region.process(message)).batchItemFailures).toEqual([]);
    expect(region.queue.again).toMatchObject([{ messageId: message.messageId }]);
    expect(region.store.keys(TARGET)).toEqual([]);
    expect((await region.process(message)).batchItemFailures).toEqual([]);
    expect(region.text('k')).toBe('text of k');
  });

  test('does not query the deletion table if no rule here replicates deletions', async () => {
    const deletions = new MemoryDeletions();
    const region = new TargetRegion({ rules: [exampleRule()], dependencies: { deletions } });
    await deletions.record(exampleRule().id, [{ key: 'k', eventTime: WRITTEN + 10_000 }], NOW);
    await region.process(await region.arrive(await archiveOf('k'), KEY));
    expect(region.text('k')).toBe('text of k');
    expect(deletions.calls.recall).toBe(0);
  });
});
