import { expect, test } from '@jest/globals';
import { backfillMessage } from '../../../src/messages/backfill-message.ts';
import { itemsAge, messagesAge } from '../../../src/packing/event-ages.ts';
import { EVENT_TIME, queueMessage, s3Notification, TEST_EVENT } from '../../support/notifications.ts';

const EVENT = Date.parse(EVENT_TIME);
const now = () => EVENT + 5000;
const backfill = backfillMessage({ bucket: 'b', key: 'k', etag: 'e', size: 1, order: EVENT - 9000 }, EVENT);

test('messages are as old as their earliest event', () => {
  const earlier = s3Notification({ key: 'a', eventTime: '2026-11-23T09:59:58.000Z' });
  expect(
    messagesAge(
      [s3Notification({ key: 'b' }), earlier].map((body) => queueMessage(body)),
      now,
    ),
  ).toBe(7);
});

test('messages without an event, or with only backfilled objects, have no age', () => {
  expect(messagesAge([], now)).toBeUndefined();
  expect(
    messagesAge(
      [TEST_EVENT, backfill, 'nonsense'].map((body) => queueMessage(body)),
      now,
    ),
  ).toBeUndefined();
});

test('no age is negative, even if clocks differ', () => {
  expect(messagesAge([queueMessage(s3Notification({ key: 'a' }))], () => EVENT - 1)).toBe(0);
  expect(itemsAge([{ object: { eventTime: EVENT } }], () => EVENT - 1)).toBe(0);
});

test('items are as old as the earliest of them, and backfilled items have age zero', () => {
  const listed = { object: { eventTime: EVENT - 9000, backfilledAt: EVENT } };
  expect(itemsAge([{ object: { eventTime: EVENT } }, listed, { object: { eventTime: EVENT - 1000 } }], now)).toBe(6);
  expect(itemsAge([listed], now)).toBe(0);
});
