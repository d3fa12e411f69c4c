import { describe, expect, test } from '@jest/globals';
import { parseKeyTime } from '../../../src/archive/key-time.ts';
import { processSourceBatch } from '../../../src/source/process-batch.ts';
import { exampleRule } from '../../support/rules.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const NOW = Date.parse('2026-11-23T19:15:00Z');
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

describe('an archive', () => {
  test('tells how long its oldest object has waited, and says in its key when that was written', async () => {
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

  test('has the same key when the same events come in another order', async () => {
    const keys = [];
    for (const reversed of [false, true]) {
      const service = new SourceServiceHarness({ now: () => NOW });
      const messages = [
        await service.place('a', 'one', {}, { eventTime: minutesAgo(2) }),
        await service.place('b', 'two', {}, { eventTime: minutesAgo(5) }),
      ];
      await service.process(...(reversed ? messages.toReversed() : messages));
      keys.push(service.telemetry.archives[0]?.key);
    }
    expect(keys[0]).toBe(keys[1]);
  });
});

describe('objects that are sent on', () => {
  test('are told of with the age of the oldest, when the run has no time for them', async () => {
    const service = new SourceServiceHarness({ now: () => NOW });
    const message = await service.place('a', 'one', {}, { eventTime: minutesAgo(10) });
    // The whole run would do, but it is over when the turn comes.
    const left = [900_000];
    await processSourceBatch([message], () => left.shift() ?? 0, service.dependencies);
    expect(service.telemetry.deferred).toEqual([[1, 600]]);
    expect(service.telemetry.archives).toEqual([]);
  });

  test('are not told of when they go to the dead letters instead', async () => {
    const service = new SourceServiceHarness({ now: () => NOW, rule: exampleRule({ maxObjectBytes: 1 }) });
    await service.process(await service.place('a', 'one', {}, { eventTime: minutesAgo(10) }));
    expect(service.telemetry.deferred).toEqual([]);
  });
});
