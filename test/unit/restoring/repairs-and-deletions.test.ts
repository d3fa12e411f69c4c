import { expect, test } from '@jest/globals';
import { backfillMessage, orderOfListedObject } from '../../../src/messages/backfill-message.ts';
import { readManifest } from '../../support/archives.ts';
import { MemoryDeletions } from '../../support/memory-deletions.ts';
import { queueMessage, s3Notification } from '../../support/notifications.ts';
import { exampleRule } from '../../support/rules.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';
import { TARGET, TargetRegion } from '../../support/target-region.ts';

const HOUR = 3_600_000;
const BEGIN = Date.parse('2026-11-23T08:00:00.000Z');
const AT_SOURCE = { bucket: 'source-bucket', key: 'k' };

/** Both sides of a rule, sharing one clock. */
function open(rule = exampleRule({}, [{ deletes: 'replicate' }])) {
  const clock = { now: BEGIN };
  const now = (): number => clock.now;
  const source = new SourceServiceHarness({ rule, now });
  const target = new TargetRegion({ rules: [rule], now, dependencies: { deletions: new MemoryDeletions() } });
  const pack = async (...messages: Parameters<typeof source.process>) => {
    const before = new Set(source.archiveKeys());
    expect(await source.process(...messages)).toEqual([]);
    return source.archiveKeys().filter((key) => !before.has(key));
  };
  const restore = async (keys: readonly string[], receiveCount = 1): Promise<void> => {
    for (const key of keys) await target.process(await target.arrive(source.archive(key), key, receiveCount));
  };
  const iso = (): string => new Date(clock.now).toISOString();
  const put = () => source.place('k', 'one', {}, { sequencer: '10', eventTime: iso() });
  const remove = () => {
    source.memory.erase(AT_SOURCE);
    const facts = { key: 'k', eventName: 'ObjectRemoved:DeleteMarkerCreated', sequencer: '20', eventTime: iso() };
    return queueMessage(s3Notification(facts));
  };
  /** Removes the marker without an event, as while the rule is draining, and returns a repair of the current object. */
  const repair = async () => {
    const etag = await source.memory.place(AT_SOURCE, Buffer.from('one'));
    clock.now += HOUR;
    const listed = { ...AT_SOURCE, etag, size: 3, order: orderOfListedObject(BEGIN) };
    return queueMessage(backfillMessage(listed, clock.now));
  };
  return { clock, source, target, pack, restore, iso, put, remove, repair };
}

test('an object that was undeleted without an event and repaired stays if the deletion arrives after it', async () => {
  const { clock, target, pack, restore, put, remove, repair } = open();
  await restore(await pack(await put()));
  clock.now += HOUR;
  const waiting = await pack(remove());
  clock.now += HOUR;
  target.store.erase({ bucket: TARGET, key: 'k' });
  await restore(await pack(await repair()));
  expect(target.text('k')).toBe('one');
  await restore(waiting, 3);
  expect(target.text('k')).toBe('one');
});

test('a repair is restored even if an older event is packed with it', async () => {
  const { clock, source, target, pack, restore, iso, put, remove, repair } = open();
  await restore(await pack(await put()));
  clock.now += HOUR;
  const backlog = await source.place('other', 'x', {}, { sequencer: '15', eventTime: iso() });
  clock.now += HOUR;
  await restore(await pack(remove()));
  expect(target.text('k')).toBeUndefined();
  clock.now += HOUR;
  await restore(await pack(await repair(), backlog));
  expect([target.text('other'), target.text('k')]).toEqual(['x', 'one']);
});

test('only objects found by a listing have a read time, and only where deletions are replicated', async () => {
  const { clock, source, pack, put, repair } = open();
  const [event = ''] = await pack(await put());
  const [listed = ''] = await pack(await repair());
  const readTimes = (from: SourceServiceHarness, key: string) =>
    readManifest(from.archive(key)).objects.map(({ read_time }) => read_time);
  expect(readTimes(source, event)).toEqual([undefined]);
  expect(readTimes(source, listed)).toEqual([new Date(clock.now).toISOString()]);
  const ignoring = open(exampleRule());
  const [bare = ''] = await ignoring.pack(await ignoring.repair());
  expect(readTimes(ignoring.source, bare)).toEqual([undefined]);
});
