import { describe, expect, test } from '@jest/globals';
import { BufferPool } from '../../../src/compression/buffer-pool.ts';
import { PART_BUFFER_SIZE } from '../../../src/packing/archive-upload.ts';
import { makeRestorableObject, makeWriteTarget } from '../../../src/restoring/restorable-object.ts';
import { originOf } from '../../../src/storage/provenance.ts';
import { itemAt, layOutArchive, readManifest } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { areIdle } from '../../support/idle-buffers.ts';
import { type EventFacts, queueMessage, s3Notification } from '../../support/notifications.ts';
import { exampleRule } from '../../support/rules.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const REPLICATING = exampleRule({}, [{ deletes: 'replicate' }]);
const MARKER = 'ObjectRemoved:DeleteMarkerCreated';

function source(overrides: ConstructorParameters<typeof SourceServiceHarness>[0] = {}): SourceServiceHarness {
  return new SourceServiceHarness({ rule: REPLICATING, ...overrides });
}

function removal(key: string, facts: Partial<EventFacts> = {}): ReturnType<typeof queueMessage> {
  return queueMessage(s3Notification({ key, eventName: MARKER, sequencer: '10', ...facts }));
}

describe('a deletion at the source', () => {
  test('without a sequencer is sent only if it is later than one with a sequencer', async () => {
    for (const [eventTime, expected] of [
      ['2026-11-23T10:00:01.000Z', { event_time: '2026-11-23T10:00:01.000Z' }],
      ['2026-11-23T09:59:59.000Z', { event_time: '2026-11-23T10:00:00.000Z', sequencer: '10' }],
    ] as const) {
      const service = source();
      const bare = queueMessage(s3Notification({ key: 'gone', eventName: MARKER, eventTime }));
      expect(await service.process(removal('gone'), bare)).toEqual([]);
      expect(readManifest(service.archive()).deletions).toEqual([
        { source_bucket: 'source-bucket', key: 'gone', ...expected },
      ]);
    }
  });

  test('is sent as a manifest entry without a member, with the order of its event', async () => {
    const service = source();
    expect(await service.process(removal('gone', { versionId: 'v2' }))).toEqual([]);
    const manifest = readManifest(service.archive());
    expect(manifest.format.version).toBe('2.0');
    expect(manifest.objects).toEqual([]);
    expect(manifest.deletions).toEqual([
      {
        source_bucket: 'source-bucket',
        key: 'gone',
        event_time: '2026-11-23T10:00:00.000Z',
        sequencer: '10',
        version_id: 'v2',
      },
    ]);
    expect(service.telemetry.deletions).toMatchObject([{ deletions: 1, delaySeconds: expect.any(Number) }]);
  });

  test('is sent in one archive with the others of its batch', async () => {
    const service = source();
    await service.process(removal('a'), removal('b'), removal('c'));
    expect(service.telemetry.deletions).toMatchObject([{ deletions: 3 }]);
  });

  test('is also sent from a bucket without versions', async () => {
    const service = source();
    await service.process(removal('gone', { eventName: 'ObjectRemoved:Delete' }));
    expect(readManifest(service.archive()).deletions).toMatchObject([{ key: 'gone' }]);
  });

  test('is not sent if an object exists, which has its own event', async () => {
    const service = source();
    await service.place('back', 'again');
    expect(await service.process(removal('back'))).toEqual([]);
    expect(service.archiveKeys()).toEqual([]);
    expect(service.telemetry.skipped).toEqual([['back', 'superseded']]);
  });

  test('settles earlier writes of its key in the batch without reading them', async () => {
    const store = new FailingObjectStore(new SourceServiceHarness().memory);
    const service = source({ store });
    const message = queueMessage(s3Notification({ key: 'gone', sequencer: '0F' }));
    expect(await service.process(message, removal('gone'), removal('gone', { sequencer: '0E' }))).toEqual([]);
    expect(store.counts).toMatchObject({ head: 1, read: 0, put: 1 });
    expect(service.telemetry.skipped).toEqual([['gone', 'superseded']]);
  });

  test('is retried if its HEAD fails, and the others are sent', async () => {
    const memory = new SourceServiceHarness().memory;
    const service = source({ store: new FailingObjectStore(memory, { head: [1] }) });
    const [first, second] = [removal('one'), removal('two')];
    expect(await service.process(first, second)).toEqual([first.messageId]);
    const key = itemAt(memory.keys('outbound-bucket'), 0);
    const archive = memory.look({ bucket: 'outbound-bucket', key })?.body ?? Buffer.alloc(0);
    expect(readManifest(archive).deletions).toMatchObject([{ key: 'two' }]);
  });

  test('is retried if the PUT of its archive fails', async () => {
    const memory = new SourceServiceHarness().memory;
    const service = source({ store: new FailingObjectStore(memory, { put: [1] }) });
    const message = removal('one');
    expect(await service.process(message)).toEqual([message.messageId]);
    expect(memory.keys('outbound-bucket')).toEqual([]);
  });

  test('releases its buffers if the PUT of its archive fails', async () => {
    const { memory, dependencies } = new SourceServiceHarness();
    const parts = new BufferPool(PART_BUFFER_SIZE, 1);
    const store = new FailingObjectStore(memory, { put: [1] });
    const service = source({ store, buffers: { ...dependencies.buffers, parts } });
    expect(await service.process(removal('one'))).toHaveLength(1);
    expect(await areIdle(parts)).toBe(true);
  });

  test("is not acknowledged if another writer's object is at the key of its archive", async () => {
    const { memory } = new SourceServiceHarness();
    const store = new FailingObjectStore(memory);
    const put = store.put.bind(store);
    store.put = async (request) => {
      const { bucket, key } = request;
      await memory.place({ bucket, key }, Buffer.from("another writer's"));
      return put(request);
    };
    const message = removal('one');
    const service = source({ store });
    expect(await service.process(message)).toEqual([message.messageId]);
    expect(service.telemetry.deletions).toEqual([]);
  });

  test.each([
    ['before the HEAD of its key', (): AbortSignal => AbortSignal.abort(new Error('SIGTERM')), 0],
    ['before it is packed', (stop: AbortController): AbortSignal => stop.signal, 1],
  ])('is requeued unattempted if the process ends %s', async (_, signalOf, looks) => {
    const memory = new SourceServiceHarness().memory;
    const controller = new AbortController();
    const accepted = (call: string): void => {
      if (call === 'head') controller.abort(new Error('SIGTERM'));
    };
    const store = new FailingObjectStore(memory, {}, { accepted });
    const service = source({ store, stop: signalOf(controller) });
    const message = removal('one');
    expect(await service.process(message)).toEqual([]);
    expect(service.queue.again).toEqual([message]);
    expect([service.telemetry.failures, memory.keys('outbound-bucket')]).toEqual([[], []]);
    expect(store.counts.put).toBe(0);
    expect(controller.signal.aborted).toBe(looks === 1);
  });

  test.each([
    ['by a lifecycle rule', { eventName: 'LifecycleExpiration:DeleteMarkerCreated' }, {}],
    ['outside the prefix of the rule', {}, { prefix: 'other/' }],
    ['by our own target function', { principalId: 'AWS:OURS:f' }, {}],
  ])('%s is not sent', async (_, facts, rule) => {
    const service = source({
      rule: exampleRule(rule, [{ deletes: 'replicate' }]),
      ownPrincipals: ['OURS'],
    });
    expect(await service.process(removal('gone', facts))).toEqual([]);
    expect(service.archiveKeys()).toEqual([]);
  });

  test('by a lifecycle rule is sent with `lifecycle_deletes`', async () => {
    const service = source({ rule: exampleRule({ lifecycleDeletes: true }, [{ deletes: 'replicate' }]) });
    await service.process(removal('gone', { eventName: 'LifecycleExpiration:DeleteMarkerCreated' }));
    expect(readManifest(service.archive()).deletions).toHaveLength(1);
  });

  test('by our own target function is sent on with `chain`', async () => {
    const rule = exampleRule({ chain: true }, [{ deletes: 'replicate' }]);
    const service = source({ rule, ownPrincipals: ['OURS'] });
    await service.process(removal('gone', { principalId: 'AWS:OURS:f' }));
    expect(readManifest(service.archive()).deletions).toHaveLength(1);
  });

  test('costs no request, not even a HEAD, if no destination replicates deletions', async () => {
    const store = new FailingObjectStore(new SourceServiceHarness().memory);
    const service = source({ rule: exampleRule(), store });
    expect(await service.process(removal('gone'))).toEqual([]);
    expect(Object.values(store.counts).every((count) => count === 0)).toBe(true);
  });

  test('of an unknown kind fails if deletions are replicated, and is ignored if they are not', async () => {
    const detail = { bucket: { name: 'source-bucket' }, object: { key: 'gone' }, 'deletion-type': 'A new one' };
    const event = { source: 'aws.s3', 'detail-type': 'Object Deleted', time: '2026-11-23T10:00:00Z', detail };
    const message = queueMessage(JSON.stringify(event));
    const [replicating, ignoring] = [source(), source({ rule: exampleRule() })];
    await replicating.process(message);
    await ignoring.process(message);
    expect(replicating.telemetry.failures).toEqual([[message.messageId, 'MESSAGE_INVALID']]);
    expect(ignoring.telemetry.failures).toEqual([]);
  });
});

describe('a version that is permanently removed', () => {
  const REMOVED = { eventName: 'ObjectRemoved:Delete', versionId: 'v2', sequencer: '20' };

  test('is never replicated: nothing is sent if no version is current', async () => {
    const service = source();
    expect(await service.process(removal('gone', REMOVED))).toEqual([]);
    expect(service.archiveKeys()).toEqual([]);
    expect(service.telemetry.skipped).toEqual([['gone', 'version-removed']]);
  });

  test('sends the current version as a write of that moment, so that an undelete arrives', async () => {
    const service = source();
    await service.place('back', 'unchanged');
    expect(await service.process(removal('back', REMOVED))).toEqual([]);
    const manifest = readManifest(service.archive());
    expect(manifest.format.version).toBe('1.0');
    expect(manifest.objects).toMatchObject([{ key: 'back', sequencer: '20', size: 9, by_removal: true }]);
  });

  test('comes after an earlier write and before a later one, by time if one has no sequencer', async () => {
    for (const [eventTime, sequencer] of [
      ['2026-11-23T10:00:01.000Z', undefined],
      ['2026-11-23T09:59:59.000Z', '10'],
    ] as const) {
      const service = source();
      const written = await service.place('back', 'unchanged', {}, { sequencer: '10' });
      const facts = { key: 'back', eventName: 'ObjectRemoved:Delete', versionId: 'v2', eventTime };
      expect(await service.process(written, queueMessage(s3Notification(facts)))).toEqual([]);
      expect(readManifest(service.archive()).objects).toMatchObject([{ key: 'back' }]);
      expect(itemAt(readManifest(service.archive()).objects, 0).sequencer).toBe(sequencer);
    }
  });

  test.each([
    ['is not sent on without `chain`', {}, 0],
    ['is sent on with `chain`', { chain: true }, 1],
  ])('leaves as current an object that our own target function restored, which %s', async (_, options, archives) => {
    const rule = exampleRule(options, [{ deletes: 'replicate' }]);
    const service = source({ rule, ownPrincipals: ['OURS'] });
    const location = { bucket: 'source-bucket', key: 'restored' };
    const object = makeRestorableObject(
      itemAt(layOutArchive([{ key: 'restored', body: Buffer.from('ours'), sequencer: '01' }]).manifest.objects, 0),
      originOf('elsewhere'),
    );
    const destination = { ...itemAt(rule.destinations, 0), bucket: location.bucket };
    await service.memory.place(location, Buffer.from('ours'), makeWriteTarget(object, destination));
    expect(await service.process(removal('restored', { ...REMOVED, principalId: 'AWS:A-USER' }))).toEqual([]);
    expect(service.archiveKeys()).toHaveLength(archives);
    if (archives === 0) expect(service.telemetry.skipped).toEqual([['restored', 'own-write']]);
  });

  test.each([
    ['in a rule with `lifecycle_deletes`', 'LifecycleExpiration:Delete', true],
    ['in a rule that ignores lifecycle rules', 'LifecycleExpiration:Delete', false],
  ])('by a lifecycle rule costs no request, not even a HEAD: %s', async (_, eventName, lifecycleDeletes) => {
    const rule = exampleRule(lifecycleDeletes ? { lifecycleDeletes } : {}, [{ deletes: 'replicate' }]);
    const store = new FailingObjectStore(new SourceServiceHarness().memory);
    const service = source({ rule, store });
    await service.place('kept', 'current');
    expect(await service.process(removal('kept', { ...REMOVED, eventName }))).toEqual([]);
    expect(service.archiveKeys()).toEqual([]);
    expect(store.counts.head).toBe(0);
  });

  test('sends the current version once if the batch also has the event of that write', async () => {
    const service = source();
    const written = await service.place('back', 'unchanged', {}, { sequencer: '05' });
    expect(await service.process(written, removal('back', REMOVED))).toEqual([]);
    expect(readManifest(service.archive()).objects).toMatchObject([{ key: 'back', sequencer: '20' }]);
    expect(service.archiveKeys()).toHaveLength(1);
  });

  test('gives way to a later write in the batch', async () => {
    const service = source();
    const written = await service.place('back', 'newer', {}, { sequencer: '30' });
    expect(await service.process(removal('back', REMOVED), written)).toEqual([]);
    expect(readManifest(service.archive()).objects).toMatchObject([{ key: 'back', sequencer: '30' }]);
    expect(service.telemetry.skipped).toEqual([['back', 'superseded']]);
  });

  test('sends the current version even if another write has the same time and no order', async () => {
    const service = source();
    const stale = queueMessage(s3Notification({ key: 'back', etag: 'stale' }));
    await service.place('back', 'current');
    const removed = s3Notification({ key: 'back', ...REMOVED });
    expect(await service.process(queueMessage(removed), stale)).toEqual([]);
    expect(readManifest(service.archive()).objects).toMatchObject([{ key: 'back', size: 7 }]);
  });
});
