import { expect, test } from '@jest/globals';
import { earliestEvent } from '../../../src/messages/earliest-event.ts';
import { s3Notification } from '../../support/notifications.ts';

const times = ['2026-11-23T10:00:02.000Z', '2026-11-23T10:00:00.000Z', '2026-11-23T10:00:01.000Z'];

test.each([
  ['in the middle', times],
  ['first', times.toSorted()],
  ['last', times.toSorted().toReversed()],
])('the age of a message is that of its earliest record, wherever that is: %s', (_, order) => {
  const body = s3Notification(...order.map((eventTime, index) => ({ key: `k${index}`, eventTime })));
  expect(earliestEvent(body)).toBe(Date.parse('2026-11-23T10:00:00.000Z'));
});

test('a message that cannot be parsed has no age', () => {
  expect(earliestEvent('not a notification')).toBeUndefined();
});
