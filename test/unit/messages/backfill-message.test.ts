import { expect, test } from '@jest/globals';
import { backfillMessage, isBackfillMessage, orderOfListed } from '../../../src/messages/backfill-message.ts';
import { s3Notification } from '../../support/notifications.ts';

const SECOND = Date.parse('2026-11-23T10:00:00.000Z');

test.each([SECOND, SECOND + 1, SECOND + 999])(
  'a listed object is older than any event of its second: %i',
  (modified) => {
    expect(orderOfListed(modified)).toBe(SECOND - 1);
  },
);

test('a message of a backfill is known by its first bytes, and no event of S3 is taken for one', () => {
  const write = { bucket: 'b', key: 'a b', etag: 'e', size: 1, order: SECOND };
  expect(isBackfillMessage(backfillMessage(write, SECOND))).toBe(true);
  expect(isBackfillMessage(s3Notification({ key: 'a b' }))).toBe(false);
});
