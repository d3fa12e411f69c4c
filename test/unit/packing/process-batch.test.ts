import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { WorkerLostError } from '../../../src/compression/errors.ts';
import type { CompressFrameTask } from '../../../src/compression/frame-contract.ts';
import { MAX_REQUEUES } from '../../../src/messages/limit-requeues.ts';
import type { FallbackQueue } from '../../../src/messages/message-queue.ts';
import { packBatch } from '../../../src/packing/process-batch.ts';
import { digestContent } from '../../../src/storage/content-digest.ts';
import { AccessDeniedError, UnavailableStorageError, UnconfirmedAbsenceError } from '../../../src/storage/errors.ts';
import type { WriteTarget } from '../../../src/storage/object-store.ts';
import { encodeStamp, originOf, stampOf } from '../../../src/storage/provenance.ts';
import { MIB } from '../../../src/units.ts';
import { readArchive } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { HOSTILE_KEYS } from '../../support/hostile-keys.ts';
import { eventBridgeNotification, queueMessage, s3Notification, TEST_EVENT } from '../../support/notifications.ts';
import { exampleRule } from '../../support/rules.ts';
import { inlineCompression, OUTBOUND, SourceServiceHarness } from '../../support/source-service.ts';

const contents = (archive: Buffer): Record<string, string> =>
  Object.fromEntries(readArchive(archive).map(({ object, body }) => [object.key, body.toString()]));

describe('a batch of events', () => {
  test('becomes one archive with all objects, and is acknowledged', async () => {
    const source = new SourceServiceHarness();
    const messages = [await source.place('a.txt', 'alpha'), await source.place('dir/b.txt', 'beta')];
    expect(await source.process(...messages)).toEqual([]);
    expect(source.archiveKeys()).toHaveLength(1);
    expect(contents(source.archive())).toEqual({ 'a.txt': 'alpha', 'dir/b.txt': 'beta' });
  });

  test('becomes one archive, however many messages it has (C3.1)', async () => {
    const source = new SourceServiceHarness();
    const messages = await Promise.all(
      Array.from({ length: 300 }, (_, index) => source.place(`k${index}`, `body ${index}`)),
    );
    expect(await source.process(...messages)).toEqual([]);
    expect(source.archiveKeys()).toHaveLength(1);
    expect(source.telemetry.archives[0]).toMatchObject({ objects: 300 });
  });

  test('may mix S3 and EventBridge notifications and test events', async () => {
    const source = new SourceServiceHarness();
    const first = await source.place('from-s3', '1');
    const etag = await source.memory.place({ bucket: 'source-bucket', key: 'from eventbridge' }, Buffer.from('22'));
    const second = queueMessage(eventBridgeNotification({ key: 'from eventbridge', size: 2, etag }));
    expect(await source.process(first, second, queueMessage(TEST_EVENT))).toEqual([]);
    expect(contents(source.archive())).toEqual({ 'from-s3': '1', 'from eventbridge': '22' });
  });

  test('names its archive by the rule, a slash and a hash of the object versions (C2.3)', async () => {
    const source = new SourceServiceHarness();
    const messages = [await source.place('a', '1'), await source.place('b', '2')];
    await source.process(...messages);
    await source.process(...messages.toReversed());
    await source.process(await source.place('a', 'changed'), messages[1] as never);
    expect(source.archiveKeys()).toHaveLength(3);
    expect(source.archiveKeys().every((key) => key.startsWith(`${source.dependencies.rule.id}/`))).toBe(true);
    const plans = source.telemetry.archives.map(({ key }) => /-([0-9a-f]{32})-[0-9a-f]{16}\.tar\.zst$/.exec(key)?.[1]);
    expect(plans[1]).toBe(plans[0]);
    expect(plans[2]).not.toBe(plans[0]);
  });

  test('is split by bytes if it is larger than an archive may be', async () => {
    const source = new SourceServiceHarness({ rule: exampleRule({ maxArchiveBytes: 100 }) });
    const messages = [await source.place('a', 'x'.repeat(60)), await source.place('b', 'x'.repeat(60))];
    expect(await source.process(...messages)).toEqual([]);
    expect(source.archiveKeys()).toHaveLength(2);
  });

  test('makes no archive if it is empty', async () => {
    const source = new SourceServiceHarness();
    expect(await source.process()).toEqual([]);
    expect(source.archiveKeys()).toEqual([]);
  });
});

describe('an object with any kind of key', () => {
  test('is packed under its exact key: folders, slashes, dots, long parts, unicode (C1.5, C1.6, C1.7, C1.8, C1.12)', async () => {
    const source = new SourceServiceHarness();
    const keys = [
      ...HOSTILE_KEYS,
      'dir/',
      'w/q',
      'w//q',
      '/w/q',
      'a',
      'a/b',
      `long/${'n'.repeat(230)}`,
      'manifest.json',
    ];
    const unique = [...new Set(keys)];
    const messages = await Promise.all(unique.map((key) => source.place(key, `body of ${key}`)));
    expect(await source.process(...messages)).toEqual([]);
    expect(contents(source.archive())).toEqual(Object.fromEntries(unique.map((key) => [key, `body of ${key}`])));
  });
});

describe('the properties of an object', () => {
  const carried = {
    headers: {
      contentType: 'text/csv; charset=utf-8',
      contentEncoding: 'gzip',
      contentDisposition: 'attachment; filename="a.csv"',
      contentLanguage: 'de-CH',
      cacheControl: 'max-age=60',
      expires: 'Thu, 01 Dec 2030 16:00:00 GMT',
      websiteRedirectLocation: '/elsewhere',
    },
    metadata: { owner: 'Zoë', note: '日本語', __proto__x: 'y' },
    storageClass: 'STANDARD_IA',
  };

  test('are in the manifest: headers, metadata, tags, storage class, order of writes (C1.10, C1.13)', async () => {
    const source = new SourceServiceHarness();
    const tags = Array.from({ length: 10 }, (_, index) => ({ key: `tag ${index}`, value: `ü=${index}&` }));
    const message = await source.place('a.csv', 'x', { ...carried, tags }, { sequencer: '0055AED6', versionId: 'v7' });
    expect(await source.process(message)).toEqual([]);
    const [entry] = readArchive(source.archive());
    expect(entry?.object).toMatchObject({
      headers: carried.headers,
      metadata: Object.entries(carried.metadata),
      storage_class: 'STANDARD_IA',
      sequencer: '0055AED6',
      tags: tags.map(({ key, value }) => ({ [key]: value })),
    });
  });

  test('cost one GET, and a second request only if there are tags (C3.8)', async () => {
    const memory = new SourceServiceHarness().memory;
    const counting = new FailingObjectStore(memory);
    const source = new SourceServiceHarness({ store: counting });
    const plain = Buffer.from('plain');
    const etag = await memory.place({ bucket: 'source-bucket', key: 'plain' }, plain);
    const tagged = await memory.place({ bucket: 'source-bucket', key: 'tagged' }, plain, {
      tags: [{ key: 'k', value: 'v' }],
    });
    const event = (key: string, version: string) => queueMessage(s3Notification({ key, size: 5, etag: version }));
    expect(await source.process(event('plain', etag), event('tagged', tagged))).toEqual([]);
    // Reading the tags of one object proves, once per bucket and process, that S3 counts tags.
    expect(counting.counts).toMatchObject({ read: 2, readTags: 2, head: 0, put: 1 });
    expect(await source.process(event('plain', etag), event('tagged', tagged))).toEqual([]);
    expect(counting.counts).toMatchObject({ read: 4, readTags: 3, head: 0 });
  });

  test('cause a refusal, with a reason, if S3 cannot report all of them', async () => {
    const source = new SourceServiceHarness();
    const message = await source.place('a', 'x');
    const { memory } = source;
    const read = memory.read.bind(memory);
    const store = Object.assign(memory, {
      read: async (request: Parameters<typeof read>[0]) => ({ ...(await read(request)), missingMetadata: 2 }),
    });
    const refusing = new SourceServiceHarness({ store });
    expect(await refusing.process(message)).toEqual([]);
    expect(refusing.queue.letters.map(({ reason }) => reason.code)).toEqual(['METADATA_UNREADABLE']);
  });
});

describe('one object that cannot be packed', () => {
  const neighbors = async (source: SourceServiceHarness) => [
    await source.place('left', '1'),
    await source.place('right', '2'),
  ];

  test('is retried alone, and the others are packed (C1.1)', async () => {
    const memory = new SourceServiceHarness();
    const denied = new FailingObjectStore(
      memory.memory,
      { read: [2] },
      { error: () => new AccessDeniedError('denied by KMS') },
    );
    const source = new SourceServiceHarness({ store: denied });
    const [left, right] = await neighbors(memory);
    const middle = await memory.place('middle', 'x');
    expect(await source.process(left as never, middle, right as never)).toEqual([middle.messageId]);
    expect(Object.keys(contents(memory.archive()))).toEqual(['left', 'right']);
    expect(source.queue.delays.map(({ message }) => message)).toEqual([middle]);
  });

  test('is dead-lettered with its reason on its last receive (C1.1)', async () => {
    const memory = new SourceServiceHarness();
    const denied = new FailingObjectStore(
      memory.memory,
      { read: [1] },
      { error: () => new AccessDeniedError('denied by KMS') },
    );
    const source = new SourceServiceHarness({ store: denied });
    const { body } = await memory.place('denied', 'x');
    expect(await source.process(queueMessage(body, 5))).toEqual([]);
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual(['STORAGE_ACCESS_DENIED']);
  });

  test('is refused alone if no manifest can hold its event time, and the archive stays readable', async () => {
    const source = new SourceServiceHarness();
    const [left, right] = await neighbors(source);
    const middle = await source.place('middle', 'x', {}, { eventTime: '9999-12-31T23:59:59-01:00' });
    expect(await source.process(left as never, middle, right as never)).toEqual([]);
    expect(source.queue.letters.map(({ message, reason }) => [message, reason.code])).toEqual([
      [middle, 'MESSAGE_INVALID'],
    ]);
    expect(Object.keys(contents(source.archive()))).toEqual(['left', 'right']);
  });

  test.each([
    ['archived' as const, 'OBJECT_ARCHIVED'],
    ['customer-key' as const, 'OBJECT_CUSTOMER_KEY'],
  ])('is dead-lettered with the reason if it is %s', async (sealed, code) => {
    const source = new SourceServiceHarness();
    const [left, right] = await neighbors(source);
    const message = await source.place('sealed', 'x');
    source.memory.seal({ bucket: 'source-bucket', key: 'sealed' }, sealed);
    expect(await source.process(left as never, message, right as never)).toEqual([]);
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual([code]);
    expect(Object.keys(contents(source.archive()))).toEqual(['left', 'right']);
  });

  test('is acknowledged and counted if it has been deleted', async () => {
    const source = new SourceServiceHarness();
    const [left, right] = await neighbors(source);
    const message = await source.place('deleted', 'x');
    source.memory.erase({ bucket: 'source-bucket', key: 'deleted' });
    expect(await source.process(left as never, message, right as never)).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['deleted', 'gone']]);
    expect(Object.keys(contents(source.archive()))).toEqual(['left', 'right']);
  });

  test('is retried, not considered gone, if the 404 did not come from S3', async () => {
    const { memory } = new SourceServiceHarness();
    const source = new SourceServiceHarness({
      store: new FailingObjectStore(
        memory,
        { read: [1] },
        { error: () => new UnconfirmedAbsenceError("a proxy's page") },
      ),
    });
    const message = queueMessage(s3Notification({ key: 'k', etag: 'e', size: 1 }));
    expect(await source.process(message)).toEqual([message.messageId]);
    expect(source.telemetry.skipped).toEqual([]);
    expect(source.telemetry.failures).toEqual([[message.messageId, 'ABSENCE_UNCONFIRMED']]);
  });

  test('is left to its later event if it has been overwritten, so that bytes and metadata match (C1.11)', async () => {
    const source = new SourceServiceHarness();
    const stale = await source.place('k', 'version 1');
    const fresh = await source.place('k', 'version 2');
    expect(await source.process(stale)).toEqual([]);
    expect(source.archiveKeys()).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['k', 'superseded']]);
    expect(await source.process(fresh)).toEqual([]);
    expect(contents(source.archive())).toEqual({ k: 'version 2' });
  });

  test('is dead-lettered alone if its message is not a notification', async () => {
    const source = new SourceServiceHarness();
    const [left, right] = await neighbors(source);
    expect(await source.process(left as never, queueMessage('<xml/>'), right as never)).toEqual([]);
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual(['MESSAGE_INVALID']);
    expect(Object.keys(contents(source.archive()))).toEqual(['left', 'right']);
  });

  test('is retried if its bytes do not match the checksum at S3', async () => {
    const source = new SourceServiceHarness();
    const good = await source.place('good', 'right bytes');
    const bad = await source.place('bad', 'wrong bytes');
    const { memory } = source;
    const read = async (request: Parameters<typeof memory.read>[0]) => {
      const description = await memory.read(request);
      if (request.key === 'bad') request.into.fill(0);
      return description;
    };
    const store = Object.assign(Object.create(memory) as typeof memory, {
      read,
      readTags: memory.readTags.bind(memory),
      put: memory.put.bind(memory),
      createUpload: memory.createUpload.bind(memory),
    });
    const checked = new SourceServiceHarness({ store });
    expect(await checked.process(good, bad)).toEqual([bad.messageId]);
    expect(contents(source.archive())).toEqual({ good: 'right bytes' });
  });
});

describe('events of one key', () => {
  test('pack only the last write in any order, and are all acknowledged', async () => {
    const source = new SourceServiceHarness();
    const first = await source.place('k', 'one', {}, { sequencer: '01' });
    const second = await source.place('k', 'two', {}, { sequencer: '02' });
    expect(await source.process(second, first, second)).toEqual([]);
    expect(contents(source.archive())).toEqual({ k: 'two' });
    expect(source.telemetry.skipped).toEqual([['k', 'superseded']]);
  });

  const at = (seconds: number) => ({ eventTime: `2026-11-23T11:00:${String(seconds).padStart(2, '0')}Z` });

  test('lose nothing if their order was guessed wrong: the stored version is packed in the same invocation', async () => {
    const source = new SourceServiceHarness();
    const replaced = await source.place('k', 'replaced', {}, at(9));
    const oldest = await source.place('k', 'oldest', {}, at(1));
    const stored = await source.place('k', 'stored', {}, at(5));
    expect(await source.process(replaced, oldest, stored)).toEqual([]);
    expect(source.queue.again).toEqual([]);
    expect(contents(source.archive())).toEqual({ k: 'stored' });
  });

  test('lose nothing if the stored version was considered the earliest of three', async () => {
    const source = new SourceServiceHarness();
    const last = await source.place('k', 'last by its clock', {}, at(9));
    const middle = await source.place('k', 'in between', {}, at(5));
    const stored = await source.place('k', 'stored', {}, at(1));
    expect(await source.process(last, middle, stored)).toEqual([]);
    expect(source.queue.again).toEqual([]);
    expect(contents(source.archive())).toEqual({ k: 'stored' });
  });

  test('are all checked if they tie, so that refusing one does not lose the stored one', async () => {
    for (const chosen of ['x'.repeat(50), 'too large for an invocation'.repeat(10)]) {
      const rule = exampleRule({ maxObjectBytes: 100 });
      const source = new SourceServiceHarness({ rule });
      const larger = await source.place('k', chosen, {}, at(5));
      const stored = await source.place('k', 'small', {}, at(5));
      expect(await source.process(larger, stored)).toEqual([]);
      expect(contents(source.archive())).toEqual({ k: 'small' });
      expect(source.queue.again).toEqual([]);
    }
  });

  test('are acknowledged, never requeued, if sequencers show that they were overwritten', async () => {
    const source = new SourceServiceHarness();
    const messages = [];
    for (let write = 1; write <= 60; write += 1) {
      messages.push(await source.place('k', `write ${write}`, {}, { sequencer: String(write).padStart(4, '0') }));
    }
    const next = await source.place('k', 'write 61', {}, { sequencer: '0061' });
    expect(await source.process(...messages)).toEqual([]);
    expect(source.archiveKeys()).toEqual([]);
    expect([source.queue.again, source.queue.delays]).toEqual([[], []]);
    expect(await source.process(next)).toEqual([]);
    expect(contents(source.archive())).toEqual({ k: 'write 61' });
  });

  test('are not requeued forever if two messages have the same two records in opposite orders', async () => {
    const source = new SourceServiceHarness();
    const facts = async (key: string, body: string, seconds: number) => {
      const etag = await source.memory.place({ bucket: 'source-bucket', key }, Buffer.from(body));
      return { key, etag, size: body.length, ...at(seconds) };
    };
    // For each key, the stored version is earlier than the last one in the events.
    const [x2, y2] = [await facts('x', 'x2', 2), await facts('y', 'y2', 2)];
    const [x1, y1] = [await facts('x', 'x1', 1), await facts('y', 'y1', 1)];
    const messages = [queueMessage(s3Notification(x1, y2)), queueMessage(s3Notification(x2, y1))];
    expect(await source.process(...messages)).toEqual([]);
    expect([source.queue.again, source.queue.letters]).toEqual([[], []]);
    expect(contents(source.archive())).toEqual({ x: 'x1', y: 'y1' });
  });

  test('are all stale if none of their versions is stored', async () => {
    const source = new SourceServiceHarness();
    const messages = [await source.place('k', 'one', {}, at(1)), await source.place('k', 'two', {}, at(2))];
    await source.place('k', 'three', {}, at(3));
    expect(await source.process(...messages)).toEqual([]);
    source.memory.erase({ bucket: 'source-bucket', key: 'k' });
    expect(await source.process(...messages)).toEqual([]);
    expect(source.archiveKeys()).toEqual([]);
    expect(source.queue.again).toEqual([]);
  });

  test('are retried if a HEAD cannot show which version is stored', async () => {
    const writer = new SourceServiceHarness();
    const messages = [await writer.place('k', 'replaced', {}, at(9)), await writer.place('k', 'stored', {}, at(5))];
    const source = new SourceServiceHarness({ store: new FailingObjectStore(writer.memory, { head: [1] }) });
    expect(await source.process(...messages)).toEqual([messages[1]?.messageId]);
    expect(source.telemetry.failures.map(([, code]) => code)).toEqual(['STORAGE_UNAVAILABLE']);
  });

  test('are requeued if there is no time to check which version is stored', async () => {
    const writer = new SourceServiceHarness();
    const messages = [await writer.place('k', 'replaced', {}, at(9)), await writer.place('k', 'stored', {}, at(5))];
    const hold = (): undefined => {
      source.remaining = 10_000;
    };
    const source = new SourceServiceHarness({ store: new FailingObjectStore(writer.memory, {}, { hold }) });
    expect(await source.process(...messages)).toEqual([]);
    expect(source.queue.again).toEqual([messages[1]]);
  });
});

describe('an object that this product wrote', () => {
  const location = { bucket: 'source-bucket', key: 'restored' };
  const written = { size: 1, crc32: crc32(Buffer.from('x')), headers: {}, metadata: {} };
  const textOf = (sourceBucket: string): string =>
    encodeStamp(stampOf({ origin: originOf(sourceBucket), etag: 'e', eventTime: 1 }), digestContent(written), location);
  const stamp = textOf('another-bucket');

  test('is not packed again', async () => {
    const source = new SourceServiceHarness();
    const message = await source.place('restored', 'x', { metadata: { s3xrc: stamp } });
    expect(await source.process(message)).toEqual([]);
    expect(source.archiveKeys()).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['restored', 'own-write']]);
  });

  test('is not packed again if its stamp is a tag', async () => {
    const source = new SourceServiceHarness();
    const metadata = { note: 'x'.repeat(2044) };
    const origin = originOf('another-bucket');
    const value = encodeStamp(
      stampOf({ origin, etag: 'e', eventTime: 1 }),
      digestContent({ ...written, metadata }),
      location,
    );
    const message = await source.place('restored', 'x', { metadata, tags: [{ key: 's3xrc', value }] });
    expect(await source.process(message)).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['restored', 'own-write']]);
  });

  test('is not packed again if it is large, since a HEAD returns the checksum that ranged GETs lack', async () => {
    const source = new SourceServiceHarness();
    const body = Buffer.alloc(9 * MIB, 'x');
    const origin = originOf('another-bucket');
    const digest = digestContent({ ...written, size: body.length, crc32: crc32(body) });
    const large = encodeStamp(stampOf({ origin, etag: 'e', eventTime: 1 }), digest, location);
    expect(await source.process(await source.place('restored', body, { metadata: { s3xrc: large } }))).toEqual([]);
    expect(source.telemetry.skipped).toContainEqual(['restored', 'own-write']);
    expect(source.archiveKeys()).toEqual([]);
  });

  test('is not packed again if its stamp has version 1', async () => {
    const source = new SourceServiceHarness();
    const [, place, origin, time] = stamp.split(':');
    const message = await source.place('restored', 'y', { metadata: { s3xrc: `1;${place};${origin};${time};;e` } });
    expect(await source.process(message)).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['restored', 'own-write']]);
  });

  test('is packed if the rule chains', async () => {
    const source = new SourceServiceHarness({ rule: exampleRule({ chain: true }) });
    expect(await source.process(await source.place('restored', 'x', { metadata: { s3xrc: stamp } }))).toEqual([]);
    expect(source.archiveKeys()).toHaveLength(1);
  });

  test('is packed if a user copied it, with its stamp, to another key', async () => {
    const source = new SourceServiceHarness();
    expect(await source.process(await source.place('copied', 'x', { metadata: { s3xrc: stamp } }))).toEqual([]);
    expect(contents(source.archive())).toEqual({ copied: 'x' });
  });

  test.each<[string, string, Partial<WriteTarget>]>([
    ['bytes', 'y', { metadata: { s3xrc: stamp } }],
    ['metadata', 'x', { metadata: { s3xrc: stamp, note: 'mine' } }],
    ['headers', 'x', { metadata: { s3xrc: stamp }, headers: { cacheControl: 'private' } }],
  ])('is packed if a user edited its %s in place with a tool that keeps metadata', async (_, body, target) => {
    const source = new SourceServiceHarness();
    expect(await source.process(await source.place('restored', body, target))).toEqual([]);
    expect(contents(source.archive())).toEqual({ restored: body });
  });

  test('is packed if the event names another principal, since a user wrote the same bytes again', async () => {
    const source = new SourceServiceHarness({ ownPrincipals: ['AROATARGET'] });
    const facts = { principalId: 'AWS:AIDAUSER' };
    expect(await source.process(await source.place('restored', 'x', { metadata: { s3xrc: stamp } }, facts))).toEqual(
      [],
    );
    expect(contents(source.archive())).toEqual({ restored: 'x' });
  });

  test('is not packed if its event names no principal, like those of EventBridge', async () => {
    const source = new SourceServiceHarness({ ownPrincipals: ['AROATARGET'] });
    await source.place('restored', 'x', { metadata: { s3xrc: stamp } });
    const { etag = '' } = (await source.memory.head(location)) ?? {};
    const message = queueMessage(eventBridgeNotification({ key: 'restored', size: 1, etag }));
    expect(await source.process(message)).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['restored', 'own-write']]);
  });

  test("is not packed if another deployment's role restored it from a destination of the rule", async () => {
    const rule = exampleRule();
    const source = new SourceServiceHarness({ rule, ownPrincipals: ['AROATARGET'] });
    const back = textOf(rule.destinations[0]?.bucket ?? '');
    const facts = { principalId: 'AWS:AROAOTHER:target' };
    expect(await source.process(await source.place('restored', 'x', { metadata: { s3xrc: back } }, facts))).toEqual([]);
    expect(source.telemetry.skipped).toEqual([['restored', 'own-write']]);
  });
});

describe('a large object', () => {
  const body = randomBytes(20 * MIB);

  test('has separate frames and is sent in parts', async () => {
    const source = new SourceServiceHarness();
    const messages = [await source.place('large.bin', body), await source.place('small', 's')];
    expect(await source.process(...messages)).toEqual([]);
    const restored = readArchive(source.archive());
    expect(restored.map(({ object }) => [object.key, object.frames])).toEqual([
      ['large.bin', 3],
      ['small', undefined],
    ]);
    expect(restored[0]?.body.equals(body)).toBe(true);
  });

  test('is left out completely if it is overwritten while it is read, and the others are packed', async () => {
    const memory = new SourceServiceHarness();
    const messages = [await memory.place('large.bin', body), await memory.place('small', 's')];
    let reads = 0;
    const { memory: store } = memory;
    const changing = new FailingObjectStore(store);
    const read = async (request: Parameters<typeof store.read>[0]) => {
      reads += 1;
      if (reads === 3) await store.place({ bucket: 'source-bucket', key: 'large.bin' }, Buffer.from('new'));
      return store.read(request);
    };
    const source = new SourceServiceHarness({ store: Object.assign(changing, { read }) });
    expect(await source.process(...messages)).toEqual([]);
    expect(contents(memory.archive())).toEqual({ small: 's' });
    expect(source.telemetry.skipped).toEqual([['large.bin', 'superseded']]);
  });

  test('goes to the fallback queue if it exceeds the limits, or is dead-lettered if there is none', async () => {
    const rule = exampleRule({ maxObjectBytes: MIB });
    const sent: string[] = [];
    const fallback: FallbackQueue = {
      send: (messages) => {
        sent.push(...messages.map(({ messageId }) => messageId));
        return Promise.resolve(new Set(sent));
      },
    };
    const without = new SourceServiceHarness({ rule });
    const message = await without.place('large.bin', body);
    expect(await without.process(message)).toEqual([]);
    expect(without.queue.letters.map(({ reason }) => reason.code)).toEqual(['OBJECT_OVER_LIMITS']);
    expect(await new SourceServiceHarness({ rule, fallback }).process(message)).toEqual([]);
    expect(sent).toEqual([message.messageId]);
  });
});

describe('an invocation', () => {
  test('requeues messages that it does not reach in time, without counting a receive', async () => {
    const source = new SourceServiceHarness({ rule: exampleRule({ maxArchiveBytes: 100 }) });
    const messages = [await source.place('a', 'x'.repeat(60)), await source.place('b', 'x'.repeat(60))];
    const { dependencies } = source;
    // The first archive takes the whole invocation.
    Object.assign(dependencies, {
      telemetry: Object.assign(source.telemetry, { archivePacked: () => (source.remaining = 11_000) }),
    });
    expect(await source.process(...messages)).toEqual([]);
    expect(source.queue.again).toEqual([messages[1]]);
    expect(source.queue.delays).toEqual([]);
  });

  test('requeues a message for lack of time only a limited number of times, which the message counts', async () => {
    const source = new SourceServiceHarness();
    let message = await source.place('a', 'x');
    // A whole invocation would be enough, but this one is over before the archive starts.
    const process = async (): Promise<number> => {
      const left = [900_000];
      const response = await packBatch([message], () => left.shift() ?? 0, source.dependencies);
      message = { ...message, turns: source.queue.againTurns.at(-1) ?? 0 };
      return response.batchItemFailures.length;
    };
    for (let turn = 1; turn <= MAX_REQUEUES; turn += 1) expect(await process()).toBe(0);
    expect(source.queue.againTurns).toEqual(Array.from({ length: MAX_REQUEUES }, (_, index) => index + 1));
    expect(await process()).toBe(1);
    expect(source.telemetry.failures).toEqual([[message.messageId, 'TURN_NOT_REACHED']]);
  });

  test('acknowledges no message of an archive that it could not finish', async () => {
    const source = new SourceServiceHarness();
    const message = await source.place('slow', 'x');
    source.remaining = 10_000 + 3_000;
    const { memory } = source;
    const read = (request: Parameters<typeof memory.read>[0]) =>
      new Promise<never>((_, reject) => {
        request.signal?.addEventListener('abort', () => {
          reject(request.signal?.reason as Error);
        });
      });
    const slow = new SourceServiceHarness({ store: Object.assign(new FailingObjectStore(memory), { read }) });
    slow.remaining = 10_000 + 3_000;
    expect(await slow.process(message)).toEqual([message.messageId]);
    expect(slow.telemetry.failures).toEqual([[message.messageId, 'RUN_TIME_EXCEEDED']]);
  });

  test.each([
    ['the archive cannot be uploaded', { put: [1] }],
    ['a part cannot be uploaded', { uploadPart: [1] }],
    ['the upload cannot be created', { createUpload: [1] }],
    ['the upload cannot be completed', { complete: [1] }],
  ])('retries every message and leaves no upload behind if %s', async (_, failing) => {
    const memory = new SourceServiceHarness();
    const body = 'put' in failing ? Buffer.from('x') : randomBytes(18 * MIB);
    const message = await memory.place('k', body);
    const store = new FailingObjectStore(memory.memory, failing, { error: () => new UnavailableStorageError('503') });
    const source = new SourceServiceHarness({ store });
    expect(await source.process(message)).toEqual([message.messageId]);
    expect(memory.memory.keys(OUTBOUND)).toEqual([]);
    expect(store.counts.abort).toBe('uploadPart' in failing || 'complete' in failing ? 1 : 0);
    expect(await source.process(queueMessage(message.body, 2))).toEqual([]);
    expect(readArchive(memory.archive())[0]?.body.equals(body)).toBe(true);
  });

  test('reports an upload that it could not abort, and still gives the first failure as the reason', async () => {
    const memory = new SourceServiceHarness();
    const message = await memory.place('k', randomBytes(18 * MIB));
    const store = new FailingObjectStore(memory.memory, { complete: [1], abort: [1] });
    const source = new SourceServiceHarness({ store });
    expect(await source.process(message)).toEqual([message.messageId]);
    expect(source.telemetry.leftBehind).toEqual([[expect.stringContaining('.tar.zst'), 'STORAGE_UNAVAILABLE']]);
    expect(source.telemetry.failures).toEqual([[message.messageId, 'STORAGE_UNAVAILABLE']]);
  });

  test('retries every message if a worker dies, and replaces the buffers for the next invocation', async () => {
    let calls = 0;
    const pool = {
      ...inlineCompression,
      compress: (task: CompressFrameTask) => {
        calls += 1;
        if (calls > 6) return inlineCompression.compress(task);
        structuredClone(task, { transfer: [task.input, task.output] });
        return Promise.reject(new WorkerLostError('killed'));
      },
    };
    const source = new SourceServiceHarness({ pool });
    const message = await source.place('k', 'x');
    for (let attempt = 1; attempt <= 6; attempt += 1)
      expect(await source.process(message)).toEqual([message.messageId]);
    expect(await source.process(message)).toEqual([]);
    expect(contents(source.archive())).toEqual({ k: 'x' });
  });
});

describe('the metrics of an archive', () => {
  test('count neither manifest nor tar as original bytes, and show if an archive is larger than its objects (C4.6)', async () => {
    const source = new SourceServiceHarness();
    await source.process(
      ...(await Promise.all(Array.from({ length: 10 }, (_, index) => source.place(`k${index}`, randomBytes(100))))),
    );
    const [archive] = source.telemetry.archives;
    expect(archive?.originalBytes).toBe(1000);
    expect(archive?.archiveBytes).toBe(source.archive().length);
    expect(archive?.archiveBytes).toBe(source.archive().length);
    expect(archive?.archiveBytes).toBeGreaterThan(1000);
  });
});
