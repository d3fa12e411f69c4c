import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  StorageRejectedError,
  UnavailableStorageError,
  UploadGoneError,
  WriteConditionError,
} from '../../../src/storage/errors.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt, readArchive } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { queueMessage } from '../../support/notifications.ts';
import { OUTBOUND, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';
import { TARGET, TargetRegion } from '../../support/target-region.ts';

const keysIn = (archive: Buffer): string[] => readArchive(archive).map(({ object }) => object.key);

/** Two invocations that get the same two messages; `partial` cannot read "b". */
async function packTwice() {
  const whole = new SourceServiceHarness();
  const { memory } = whole;
  const messages = [await whole.place('a', 'alpha'), await whole.place('b', 'beta')];
  const store = new FailingObjectStore(memory, { read: [2] });
  const partial = new SourceServiceHarness({ store });
  return { memory, messages, whole, partial };
}

describe('an archive of several objects', () => {
  test.each([
    ['the later attempt could not read one of the objects', ['whole', 'partial']],
    ['the earlier attempt could not read one of the objects', ['partial', 'whole']],
  ] as const)('is never overwritten by another attempt at the same events: %s', async (_, order) => {
    const { memory, messages, ...runs } = await packTwice();
    for (const run of order) {
      const returned = await runs[run].process(...messages);
      expect(returned).toEqual(run === 'whole' ? [] : [itemAt(messages, 1).messageId]);
    }
    const archives = memory.keys(OUTBOUND);
    const contents = archives.map((key) => keysIn(memory.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0)));
    expect(contents.toSorted()).toEqual([['a'], ['a', 'b']]);
  });

  test.each([false, true])(
    'loses no object at the target if SQS gave its messages to two invocations (archives reversed: %s)',
    async (reversed) => {
      const { memory, messages, whole, partial } = await packTwice();
      await whole.process(...messages);
      await partial.process(...messages);
      const target = new TargetRegion();
      const archives = memory.keys(OUTBOUND);
      // Both exist before the first event is processed, as when S3 is faster than the queue.
      const arrived = [];
      for (const key of reversed ? archives.toReversed() : archives) {
        arrived.push(await target.arrive(memory.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0), key));
      }
      for (const message of arrived) expect((await target.process(message)).batchItemFailures).toEqual([]);
      expect(target.store.keys(TARGET)).toEqual(['a', 'b']);
      expect(target.queue.letters).toEqual([]);
    },
  );

  test('is packed again, under another key, after a crash before the acknowledgment', async () => {
    const source = new SourceServiceHarness();
    const messages = [await source.place('a', '1'), await source.place('b', '2')];
    await source.process(...messages);
    const [first = ''] = source.archiveKeys();
    const before = source.archive(first);
    await source.process(...messages.map(({ body }) => queueMessage(body, 2)));
    expect(source.archiveKeys()).toHaveLength(2);
    expect(source.archive(first).equals(before)).toBe(true);
    const plans = source.archiveKeys().map((key) => key.replace(/-[0-9a-f]{16}\.tar\.zst$/, ''));
    expect(new Set(plans).size).toBe(1);
  });

  test('is written on the condition that its key is free, both in one PUT and in parts', async () => {
    for (const body of [Buffer.from('small'), randomBytes(18 * MIB)]) {
      const conditions: unknown[] = [];
      const memory = new MemoryObjectStore();
      const store = Object.assign(new FailingObjectStore(memory), {
        put: (request: Parameters<MemoryObjectStore['put']>[0]) => {
          conditions.push(request.condition);
          return memory.put(request);
        },
        createUpload: async (...target: Parameters<MemoryObjectStore['createUpload']>) => {
          const upload = await memory.createUpload(...target);
          return Object.assign(Object.create(upload) as typeof upload, {
            uploadPart: upload.uploadPart.bind(upload),
            complete: (request: Parameters<typeof upload.complete>[0]) => {
              conditions.push(request.condition);
              return upload.complete(request);
            },
          });
        },
      });
      const source = new SourceServiceHarness({ store });
      const { bucket } = source.dependencies.rule.source;
      const placed = await new SourceServiceHarness().place('k', body);
      await memory.place({ bucket, key: 'k' }, body);
      expect(await source.process(placed)).toEqual([]);
      expect(conditions).toEqual([{ kind: 'absent' }]);
    }
  });
});

describe('a lost response to the last call of an archive', () => {
  const bodies = { put: Buffer.from('small'), complete: randomBytes(18 * MIB) };
  const lost = {
    'no response': () => new UnavailableStorageError('reset'),
    'a 412 to the retry': () => new WriteConditionError('412'),
  };
  const cases = (['put', 'complete'] as const).flatMap((call) =>
    (['no response', 'a 412 to the retry'] as const).map((answer) => [call, answer] as const),
  );

  test.each(cases)('counts as a success: %s, %s', async (call, answer) => {
    const first = new SourceServiceHarness();
    const message = { ...(await first.place('k', bodies[call])), receiveCount: 5 };
    const store = new FailingObjectStore(first.memory, { [call]: [1] }, { moment: 'after', error: lost[answer] });
    const source = new SourceServiceHarness({ store });
    expect(await source.process(message)).toEqual([]);
    expect(source.queue.letters).toEqual([]);
    expect(source.telemetry.archives).toHaveLength(1);
    expect(source.telemetry.archives[0]?.archiveBytes).toBe(first.archive().length);
    expect(readArchive(first.archive())[0]?.body.equals(bodies[call])).toBe(true);
    // One HEAD for the archive, and one for the checksum of a large object.
    expect(store.counts).toMatchObject({ head: call === 'complete' ? 2 : 1, abort: 0 });
    expect(first.memory.uploadKeys(OUTBOUND)).toEqual([]);
  });

  test.each([
    ['nothing is stored', undefined],
    ['other bytes are stored', Buffer.from("another writer's")],
  ])('is a failure if %s at the key', async (_, stored) => {
    const first = new SourceServiceHarness();
    const message = await first.place('k', 'x');
    const { memory } = first;
    const store = Object.assign(new FailingObjectStore(memory), {
      put: async ({ bucket, key }: Parameters<MemoryObjectStore['put']>[0]) => {
        if (stored !== undefined) await memory.place({ bucket, key }, stored);
        throw new WriteConditionError('409 during another write');
      },
    });
    const source = new SourceServiceHarness({ store });
    expect(await source.process(message)).toEqual([message.messageId]);
    expect(source.telemetry.failures).toEqual([[message.messageId, 'WRITE_CONDITION_FAILED']]);
    expect(source.telemetry.archives).toEqual([]);
  });

  test('is not assumed if S3 has refused the request', async () => {
    const first = new SourceServiceHarness();
    const store = new FailingObjectStore(
      first.memory,
      { put: [1] },
      { error: () => new StorageRejectedError('InvalidRequest') },
    );
    const source = new SourceServiceHarness({ store });
    await source.process(await first.place('k', 'x'));
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual(['STORAGE_REJECTED']);
    expect(store.counts.head).toBe(0);
  });
});

describe('the archive of one resumable object', () => {
  const limits = { parallelReads: 16, resumableBytes: 10 * MIB };
  const body = randomBytes(18 * MIB);

  test('has the same key in every attempt, since its content is the same', async () => {
    const keys = [];
    for (let run = 1; run <= 2; run += 1) {
      const source = new SourceServiceHarness({ limits });
      await source.process(await source.place('large.bin', body));
      keys.push(...source.archiveKeys());
    }
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(keys[0]).toMatch(/Z-[0-9a-f]{32}\.tar\.zst$/);
  });

  test('counts as packed, and our upload is aborted, if another attempt has written it at any level', async () => {
    const other = new SourceServiceHarness({ limits });
    await other.process(await other.place('large.bin', body));
    const location = { bucket: OUTBOUND, key: itemAt(other.archiveKeys(), 0) };
    const theirs = Buffer.concat([other.archive(), Buffer.from('x')]);

    const { memory, ...first } = new SourceServiceHarness();
    const message = await other.place('large.bin', body);
    await memory.place({ bucket: first.dependencies.rule.source.bucket, key: 'large.bin' }, body);
    const hold = async (call: string): Promise<void> => {
      if (call === 'complete') await memory.place(location, theirs);
    };
    const source = new SourceServiceHarness({ store: new FailingObjectStore(memory, {}, { hold }), limits });
    expect(await source.process(message)).toEqual([]);
    expect(source.telemetry.archives).toMatchObject([{ archiveBytes: theirs.length }]);
    expect(memory.look(location)?.body.equals(theirs)).toBe(true);
    expect(memory.keys(PROGRESS)).toEqual([]);
    expect(memory.uploadKeys(OUTBOUND)).toEqual([]);
  });

  test('counts as packed, and is not aborted, if only the response was lost', async () => {
    const first = new SourceServiceHarness();
    const message = await first.place('large.bin', body);
    const error = (): Error => new UploadGoneError('the first try completed it');
    const store = new FailingObjectStore(first.memory, { complete: [1] }, { moment: 'after', error });
    const source = new SourceServiceHarness({ store, limits });
    expect(await source.process(message)).toEqual([]);
    expect(store.counts.abort).toBe(0);
    expect(readArchive(first.archive())[0]?.body.equals(body)).toBe(true);
    expect(first.memory.keys(PROGRESS)).toEqual([]);
  });
});
