import { expect, test } from '@jest/globals';
import { backfillMessage, isBackfillMessage, orderOfListedObject } from '../../../src/messages/backfill-message.ts';
import { s3Notification } from '../../support/notifications.ts';

const SECOND = Date.parse('2026-11-23T10:00:00.000Z');

test.each([SECOND, SECOND + 1, SECOND + 999])(
  'a listed object comes before any event in the same second: %i',
  (modified) => {
    expect(orderOfListedObject(modified)).toBe(SECOND - 1);
  },
);

test('a backfill message is recognized by its first bytes, and no S3 event looks like one', () => {
  const write = { bucket: 'b', key: 'a b', etag: 'e', size: 1, order: SECOND };
  expect(isBackfillMessage(backfillMessage(write, SECOND))).toBe(true);
  expect(isBackfillMessage(s3Notification({ key: 'a b' }))).toBe(false);
});
