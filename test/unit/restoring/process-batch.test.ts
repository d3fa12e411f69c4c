import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { UnavailableStorageError } from '../../../src/storage/errors.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { eventBridgeNotification, queueMessage, s3Notification, TEST_EVENT } from '../../support/notifications.ts';
import {
  announce,
  archiveOf,
  INBOUND,
  RULE,
  rejectOnAbort,
  TARGET,
  TargetRegion,
  textObject,
} from '../../support/target-region.ts';

const KEY = `${RULE.id}/a.tar.zst`;
const two = archiveOf([textObject('a.txt', 'first'), textObject('b/c.txt', 'second')]);

afterEach(() => {
  jest.useRealTimers();
});

describe('restoreBatch', () => {
  test('restores the objects of an archive, deletes the archive and acknowledges its message', async () => {
    const region = new TargetRegion();

    const response = await region.process(await region.arrive(two));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.text('a.txt')).toBe('first');
    expect(region.text('b/c.txt')).toBe('second');
    expect(region.store.keys(INBOUND)).toEqual([]);
    expect(region.telemetry.archives).toMatchObject([
      {
        rule: RULE.id,
        bucket: INBOUND,
        key: KEY,
        objects: 2,
        restored: 2,
        skipped: 0,
        bytes: 11,
        archiveBytes: two.length,
      },
    ]);
  });

  test('sends one PUT per object, and otherwise only reads and deletes the archive', async () => {
    const region = new TargetRegion();

    await region.process(await region.arrive(two));

    expect(region.calls.counts).toMatchObject({ read: 1, head: 0, put: 2, readTags: 0, createUpload: 0, remove: 1 });
  });

  test.each([
    ['for the first time', 1, undefined, 0],
    ['again', 2, undefined, 2],
    ['again, after it was requeued', 1, 1, 2],
  ])(
    'checks each key with a HEAD only if the message was tried before: it comes %s',
    async (_, receiveCount, turns, looks) => {
      const region = new TargetRegion();
      const message = { ...(await region.arrive(two)), receiveCount };
      await region.process(turns === undefined ? message : { ...message, turns });
      expect(region.calls.counts).toMatchObject({ head: looks, put: 2 });
    },
  );

  test('accepts EventBridge notifications', async () => {
    const region = new TargetRegion();
    const etag = await region.store.place({ bucket: INBOUND, key: KEY }, two);
    const message = queueMessage(eventBridgeNotification({ bucket: INBOUND, key: KEY, etag, size: two.length }));

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.keys(TARGET)).toEqual(['a.txt', 'b/c.txt']);
  });

  test('acknowledges test events', async () => {
    const region = new TargetRegion();

    const response = await region.process(queueMessage(TEST_EVENT));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.queue.letters).toEqual([]);
  });

  test('dead-letters a body that cannot be parsed, and restores the other archives', async () => {
    const region = new TargetRegion();

    const response = await region.process(queueMessage('not JSON'), await region.arrive(two));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.text('a.txt')).toBe('first');
    expect(region.queue.letters.map(({ reason }) => reason.code)).toEqual(['MESSAGE_INVALID']);
  });

  test.each([
    ['another bucket', s3Notification({ bucket: 'other-bucket', key: KEY })],
    ['an object that is not an archive', s3Notification({ bucket: INBOUND, key: 'notes.txt' })],
    ['a staged part of another bucket', s3Notification({ bucket: 'other-bucket', key: '_staging/0/1' })],
  ])('refuses the event of %s without reading it', async (_, body) => {
    const region = new TargetRegion();

    await region.process(queueMessage(body));

    expect(region.queue.letters.map(({ reason }) => reason.code)).toEqual(['EVENT_UNEXPECTED']);
    expect(region.calls.counts.read).toBe(0);
  });

  test('silently acknowledges the event of a staged part, even at the end of an invocation', async () => {
    const region = new TargetRegion({ dependencies: { remainingMilliseconds: () => 1_000 } });
    const key = '_staging/0123456789abcdef0123456789abcdef/17';

    const response = await region.process(
      queueMessage(s3Notification({ bucket: INBOUND, key, size: 512 * 1024 ** 2 })),
    );

    expect(response.batchItemFailures).toEqual([]);
    expect(region.queue).toMatchObject({ letters: [], again: [], delays: [] });
    expect(region.telemetry.failures).toEqual([]);
    expect(region.calls.counts.read).toBe(0);
  });

  test('restores an archive once if a batch announces it twice, and acknowledges both messages', async () => {
    const region = new TargetRegion();
    const message = await region.arrive(two);

    const response = await region.process(message, { ...message, messageId: 'twin' });

    expect(response.batchItemFailures).toEqual([]);
    expect(region.calls.counts).toMatchObject({ put: 2, remove: 1 });
  });

  test('restores an archive correctly if two invocations receive it at the same time', async () => {
    const region = new TargetRegion();
    const message = await region.arrive(two);

    const responses = await Promise.all([region.process(message), region.process(message)]);

    expect(responses.flatMap(({ batchItemFailures }) => batchItemFailures)).toEqual([]);
    expect(region.text('a.txt')).toBe('first');
    expect(region.store.keys(INBOUND)).toEqual([]);
    expect(region.queue.letters).toEqual([]);
  });

  test('acknowledges the event of an archive that no longer exists, since it was restored before', async () => {
    const region = new TargetRegion();

    const response = await region.process(announce(KEY, 'e1', 1000));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.telemetry.gone).toEqual([KEY]);
    expect(region.telemetry.failures).toEqual([]);
  });

  test('restores the stored version of an archive that was resent under its key', async () => {
    const region = new TargetRegion();
    const first = await region.arrive(two);
    // A resend keeps the bytes, but the ETag of a copy in parts is different.
    const { store } = region;
    const upload = await store.createUpload({ bucket: INBOUND, key: KEY, headers: {}, metadata: {}, tags: [] });
    await upload.uploadPart(1, two, crc32(two));
    const { etag } = await upload.complete({ crc32: crc32(two), size: two.length, condition: { kind: 'always' } });

    const responses = [await region.process(first), await region.process(announce(KEY, etag, two.length))];

    expect(responses.flatMap(({ batchItemFailures }) => batchItemFailures)).toEqual([]);
    expect(region.text('a.txt')).toBe('first');
    expect(store.keys(TARGET)).toEqual(['a.txt', 'b/c.txt']);
    expect(store.keys(INBOUND)).toEqual([]);
    expect(region.telemetry.gone).toEqual([KEY]);
  });

  test('checks each key first if another version of the archive is stored, since its objects may be restored', async () => {
    const region = new TargetRegion();
    const first = await region.arrive(two);
    await region.process(first);
    const { put } = region.calls.counts;
    // The same objects under the same key, but with other archive bytes.
    const resent = archiveOf([
      textObject('a.txt', 'first'),
      textObject('b/c.txt', 'second'),
      textObject('c.txt', 'third'),
    ]);
    await region.store.place({ bucket: INBOUND, key: KEY }, resent);
    expect((await region.process({ ...first, messageId: 'late' })).batchItemFailures).toEqual([]);
    expect(region.text('c.txt')).toBe('third');
    expect(region.calls.counts).toMatchObject({ put: put + 1, head: 4 });
  });

  test('retries an event while the archive that replaced its version cannot be read', async () => {
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { head: [1] }) });
    const first = await region.arrive(two);
    await region.arrive(archiveOf([textObject('a.txt', 'later')]));

    const response = await region.process(first);

    expect(response.batchItemFailures).toEqual([{ itemIdentifier: first.messageId }]);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('restores the stored version if the archive changes while its frames are being read', async () => {
    const region = new TargetRegion();
    const body = randomBytes(100_000).toString('hex');
    const archive = archiveOf([textObject('large.txt', body)]);
    const message = await region.arrive(archive);
    let reads = 0;
    const read = async (request: Parameters<typeof region.store.read>[0]) => {
      reads += 1;
      if (reads === 2) await region.arrive(archiveOf([textObject('large.txt', body), textObject('b.txt', 'more')]));
      return region.store.read(request);
    };
    region.dependencies = {
      ...region.dependencies,
      store: Object.assign(new FailingObjectStore(region.store), { read }),
    };

    const response = await region.process(message);

    expect(reads).toBeGreaterThan(2);
    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.keys(TARGET)).toEqual(['b.txt', 'large.txt']);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('requeues a message that this invocation does not reach, without counting a receive', async () => {
    const region = new TargetRegion({ dependencies: { remainingMilliseconds: () => 19_000 } });
    const message = await region.arrive(two);

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([]);
    expect(region.queue.again).toEqual([message]);
    expect(region.store.keys(TARGET)).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('stops an archive at the deadline of the invocation, and retries its message', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const region = new TargetRegion();
    const endsTheRun = ({ signal }: { readonly signal?: AbortSignal }): Promise<never> => {
      const rejected = rejectOnAbort(signal);
      jest.runOnlyPendingTimers();
      return rejected;
    };
    const store = Object.assign(new FailingObjectStore(region.store), { put: endsTheRun });
    region.dependencies = { ...region.dependencies, store };
    const message = await region.arrive(two);

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(region.telemetry.failures).toEqual([[message.messageId, 'RUN_DEADLINE']]);
    expect(region.telemetry.failedObjects).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('sets the deadline five seconds before the end of the invocation, to settle its messages', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const region = new TargetRegion({ dependencies: { remainingMilliseconds: () => 30_000 } });
    const store = new FailingObjectStore(region.store);
    const moments: boolean[] = [];
    store.read = ({ signal }) => {
      for (const milliseconds of [24_999, 1]) {
        jest.advanceTimersByTime(milliseconds);
        moments.push(signal?.aborted === true);
      }
      return rejectOnAbort(signal);
    };
    region.dependencies = { ...region.dependencies, store };
    await region.process(await region.arrive(two));
    expect(moments.slice(0, 2)).toEqual([false, true]);
  });

  test('reports the deadline as the reason even if it passes while an archive is being opened', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const region = new TargetRegion();
    const endsTheRun = ({ signal }: { readonly signal?: AbortSignal }): Promise<never> => {
      jest.runOnlyPendingTimers();
      return rejectOnAbort(signal);
    };
    const store = Object.assign(new FailingObjectStore(region.store), { read: endsTheRun });
    region.dependencies = { ...region.dependencies, store };
    const message = await region.arrive(two);

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(region.telemetry.failures).toEqual([[message.messageId, 'RUN_DEADLINE']]);
  });

  test('restores the archives of a message that also names something else, then refuses the message', async () => {
    const region = new TargetRegion();
    const etag = await region.store.place({ bucket: INBOUND, key: KEY }, two);
    const archive = { bucket: INBOUND, key: KEY, etag, size: two.length };

    await region.process(queueMessage(s3Notification({ bucket: 'other-bucket', key: KEY }, archive)));

    expect(region.text('a.txt')).toBe('first');
    expect(region.queue.letters.map(({ reason }) => reason.code)).toEqual(['EVENT_UNEXPECTED']);
  });

  test('refuses an archive that decompresses to more than an invocation can take', async () => {
    const region = new TargetRegion();
    const { limits } = region.dependencies;
    region.dependencies = { ...region.dependencies, limits: { ...limits, maxRestoredBytes: 10 } };

    await region.process(await region.arrive(two));

    expect(region.queue.letters.map(({ reason }) => reason.code)).toEqual(['ARCHIVE_OVER_LIMITS']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('retries a message with a back-off while storage is unavailable, and dead-letters it on its last receive', async () => {
    const away = { error: () => new UnavailableStorageError('away') };
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { read: [1, 2] }, away) });
    const first = await region.arrive(two);
    const last = { ...first, messageId: 'last', receiveCount: 5 };

    const response = await region.process(first);
    await region.process(last);

    expect(response.batchItemFailures).toEqual([{ itemIdentifier: first.messageId }]);
    expect(region.queue.delays).toEqual([{ message: first, seconds: 23 }]);
    expect(region.queue.letters.map(({ message, reason }) => [message.messageId, reason.code])).toEqual([
      ['last', 'STORAGE_UNAVAILABLE'],
    ]);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });
});
