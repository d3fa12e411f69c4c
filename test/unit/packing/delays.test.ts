import { describe, expect, test } from '@jest/globals';
import { parseKeyTime } from '../../../src/archive/key-time.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { packBatch } from '../../../src/packing/process-batch.ts';
import { UnavailableStorageError } from '../../../src/storage/errors.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { exampleRule } from '../../support/rules.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const idOf = ({ messageId }: QueueMessage): string => messageId;
const NOW = Date.parse('2026-11-23T19:15:00Z');
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

describe('an archive', () => {
  test('reports how long its oldest object waited, and has the time of that write in its key', async () => {
    const service = new SourceServiceHarness({ now: () => NOW });
    const messages = [
      await service.place('a', 'one', {}, { eventTime: minutesAgo(2) }),
      await service.place('b', 'two', {}, { eventTime: minutesAgo(5) }),
    ];
    await service.process(...messages);
    expect(service.telemetry.archives).toMatchObject([{ objects: 2, delaySeconds: 300 }]);
    const [key = ''] = service.archiveKeys();
    expect(parseKeyTime(key.slice(key.indexOf('/') + 1))).toBe(Date.parse(minutesAgo(5)));
  });

  test('has the same plan in its key if the same events arrive in another order', async () => {
    const keys = [];
    for (const reversed of [false, true]) {
      const service = new SourceServiceHarness({ now: () => NOW });
      const messages = [
        await service.place('a', 'one', {}, { eventTime: minutesAgo(2) }),
        await service.place('b', 'two', {}, { eventTime: minutesAgo(5) }),
      ];
      await service.process(...(reversed ? messages.toReversed() : messages));
      keys.push(service.telemetry.archives[0]?.key.replace(/-[0-9a-f]{16}\.tar\.zst$/, ''));
    }
    expect(keys[0]).toBe(keys[1]);
  });
});

describe('objects that are deferred', () => {
  test('are reported with the age of the oldest if the invocation has no time for them', async () => {
    const service = new SourceServiceHarness({ now: () => NOW });
    const message = await service.place('a', 'one', {}, { eventTime: minutesAgo(10) });
    // A whole invocation would be enough, but this one is over before the archive starts.
    const left = [900_000];
    await packBatch([message], () => left.shift() ?? 0, service.dependencies);
    expect(service.telemetry.deferred).toEqual([[1, 600, 'queue']]);
    expect(service.telemetry.archives).toEqual([]);
  });

  test('are reported as sent to the fallback if no invocation can pack them', async () => {
    const fallback = { send: (sent: readonly QueueMessage[]) => Promise.resolve(new Set(sent.map(idOf))) };
    const rule = exampleRule({ maxObjectBytes: 1 });
    const service = new SourceServiceHarness({ now: () => NOW, rule, fallback });
    await service.process(await service.place('a', 'one', {}, { eventTime: minutesAgo(10) }));
    expect(service.telemetry.deferred).toEqual([[1, 600, 'fallback']]);
  });

  test('are not reported if they are dead-lettered instead', async () => {
    const service = new SourceServiceHarness({ now: () => NOW, rule: exampleRule({ maxObjectBytes: 1 }) });
    await service.process(await service.place('a', 'one', {}, { eventTime: minutesAgo(10) }));
    expect(service.telemetry.deferred).toEqual([]);
  });
});

describe('messages that failed and return to the queue', () => {
  async function fail(receiveCount: number, ...minutes: number[]): Promise<SourceServiceHarness> {
    const memory = new SourceServiceHarness().memory;
    const put = () => Promise.reject(new UnavailableStorageError('S3 is unavailable'));
    const store = Object.assign(new FailingObjectStore(memory), { put });
    const service = new SourceServiceHarness({ now: () => NOW, store });
    const messages = [];
    for (const ago of minutes) {
      const message = await service.place(`key ${ago}`, 'one', {}, { eventTime: minutesAgo(ago) });
      await memory.place({ bucket: 'source-bucket', key: `key ${ago}` }, Buffer.from('one'));
      messages.push({ ...message, receiveCount });
    }
    await service.process(...messages);
    return service;
  }

  test('are reported with the age of the oldest from the second receive on', async () => {
    expect((await fail(2, 10, 30)).telemetry.returned).toEqual([1800]);
    expect((await fail(4, 10)).telemetry.returned).toEqual([600]);
  });

  test('are not reported at the first receive, or when they are dead-lettered after the last', async () => {
    const first = await fail(1, 10);
    expect(first.queue.delays).toHaveLength(1);
    expect(first.telemetry.returned).toEqual([]);
    const last = await fail(5, 10);
    expect(last.queue.letters).toHaveLength(1);
    expect(last.telemetry.returned).toEqual([]);
  });
});
