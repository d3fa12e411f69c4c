import { expect, test } from '@jest/globals';
import { parseKeyTime } from '../../../src/archive/key-time.ts';
import { backfillMessage, orderOfListedObject } from '../../../src/messages/backfill-message.ts';
import { earliestEvent } from '../../../src/messages/earliest-event.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { parseNotification } from '../../../src/messages/parse-notification.ts';
import { queueMessage } from '../../support/notifications.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const NOW = Date.parse('2026-11-23T19:15:00.000Z');
const WRITTEN = Date.parse('2019-01-02T03:04:05.600Z');
const QUEUED = NOW - 3_600_000;
const BUCKET = 'source-bucket';

async function existing(service: SourceServiceHarness, key: string, text = 'old'): Promise<QueueMessage> {
  const etag = await service.memory.place({ bucket: BUCKET, key }, Buffer.from(text));
  const write = { bucket: BUCKET, key, etag, size: text.length, order: orderOfListedObject(WRITTEN) };
  return queueMessage(backfillMessage(write, QUEUED));
}
const keyTimeOf = (key = ''): number | undefined => parseKeyTime(key.slice(key.indexOf('/') + 1));

test.each(['plain', 'a b+c%20d', 'ünï/日本', '/..//', 'new\nline'])(
  'a backfill message names its object: %j',
  (key) => {
    const body = backfillMessage({ bucket: BUCKET, key, etag: 'e1', size: 7, order: 1_000_999 }, QUEUED);
    expect(parseNotification(body).created).toEqual([
      {
        bucket: BUCKET,
        key,
        etag: 'e1',
        size: 7,
        eventTime: 1_000_999,
        sequencer: undefined,
        versionId: undefined,
        principalId: undefined,
        backfilledAt: QUEUED,
      },
    ]);
  },
);

test('a backfilled object is packed, and reports no delay', async () => {
  const service = new SourceServiceHarness({ now: () => NOW });
  const message = await existing(service, 'k');
  expect(await service.process(message)).toEqual([]);
  expect(service.telemetry.archives).toMatchObject([{ objects: 1, delaySeconds: 0 }]);
  expect(keyTimeOf(service.archiveKeys()[0])).toBe(NOW);
  expect(earliestEvent(message.body)).toBeUndefined();
});

test('only the event counts for the delay of an archive that also holds a backfilled object', async () => {
  const service = new SourceServiceHarness({ now: () => NOW });
  const eventTime = new Date(NOW - 60_000).toISOString();
  const event = await service.place('new', 'new', {}, { eventTime });
  expect(await service.process(await existing(service, 'k'), event)).toEqual([]);
  expect(service.telemetry.archives).toMatchObject([{ objects: 2, delaySeconds: 60 }]);
  expect(keyTimeOf(service.archiveKeys()[0])).toBe(NOW - 60_000);
});

test('the archive key of a large backfilled object has the time at which it was queued, in all attempts', async () => {
  const limits = { parallelReads: 16, resumableBytes: 1 };
  const service = new SourceServiceHarness({ now: () => NOW, limits });
  expect(await service.process(await existing(service, 'k'))).toEqual([]);
  expect(keyTimeOf(service.archiveKeys()[0])).toBe(QUEUED);
});

test('an object that was overwritten after it was listed is left to its event', async () => {
  const service = new SourceServiceHarness({ now: () => NOW });
  const message = await existing(service, 'k');
  await service.memory.place({ bucket: BUCKET, key: 'k' }, Buffer.from('newer'));
  expect(await service.process(message)).toEqual([]);
  expect(service.archiveKeys()).toEqual([]);
  expect(service.telemetry.skipped).toEqual([['k', 'superseded']]);
});
