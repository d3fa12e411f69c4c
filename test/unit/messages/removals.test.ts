import { describe, expect, test } from '@jest/globals';
import { earliestEvent } from '../../../src/messages/earliest-event.ts';
import { parseNotification } from '../../../src/messages/parse-notification.ts';
import { EVENT_TIME, s3Notification } from '../../support/notifications.ts';

/** An EventBridge event of a deletion (Amazon EventBridge, "Amazon S3 Object Deleted"). */
function objectDeleted(detail: object): string {
  return JSON.stringify({
    source: 'aws.s3',
    'detail-type': 'Object Deleted',
    time: EVENT_TIME,
    detail: { version: '0', bucket: { name: 'source-bucket' }, requester: '111122223333', ...detail },
  });
}

describe('a removal event', () => {
  test.each([
    ['ObjectRemoved:DeleteMarkerCreated', 'v2', 'deleted', false],
    ['s3:ObjectRemoved:DeleteMarkerCreated', 'v2', 'deleted', false],
    ['ObjectRemoved:Delete', undefined, 'deleted', false],
    ['ObjectRemoved:Delete', 'v1', 'version-removed', false],
    ['ObjectRemoved:Delete', 'null', 'version-removed', false],
    ['LifecycleExpiration:DeleteMarkerCreated', 'v2', 'deleted', true],
    ['LifecycleExpiration:Delete', undefined, 'deleted', true],
    ['LifecycleExpiration:Delete', 'v1', 'version-removed', true],
  ])('from S3: %s of version %s is %s, by a lifecycle rule: %s', (eventName, versionId, removal, byLifecycle) => {
    const facts = versionId === undefined ? {} : { versionId };
    const body = s3Notification({ key: 'a b', eventName, sequencer: '0A', principalId: 'AWS:AROA:x', ...facts });
    expect(parseNotification(body)).toEqual({
      created: [],
      ignored: 0,
      removed: [
        {
          bucket: 'source-bucket',
          key: 'a b',
          eventTime: Date.parse(EVENT_TIME),
          sequencer: '0A',
          principalId: 'AWS:AROA:x',
          removal,
          isByLifecycle: byLifecycle,
          versionId,
        },
      ],
    });
  });

  test.each([
    ['Delete Marker Created', 'DeleteObject', 'v2', 'deleted', false],
    ['Permanently Deleted', 'DeleteObject', undefined, 'deleted', false],
    ['Permanently Deleted', 'DeleteObject', 'v1', 'version-removed', false],
    ['Delete Marker Created', 'Lifecycle Expiration', 'v2', 'deleted', true],
  ])(
    'from EventBridge: %s by %s of version %s is %s, by a lifecycle rule: %s',
    (type, reason, version, removal, byLifecycle) => {
      const object = { key: 'a+b', sequencer: '0A', 'version-id': version };
      const { removed } = parseNotification(objectDeleted({ object, reason, 'deletion-type': type }));
      expect(removed).toEqual([
        {
          bucket: 'source-bucket',
          key: 'a+b',
          eventTime: Date.parse(EVENT_TIME),
          sequencer: '0A',
          removal,
          isByLifecycle: byLifecycle,
          versionId: version,
        },
      ]);
    },
  );

  test('with an empty version id is a deletion of the key', () => {
    const body = s3Notification({ key: 'a', eventName: 'ObjectRemoved:Delete', versionId: '' });
    expect(parseNotification(body).removed).toMatchObject([{ removal: 'deleted', versionId: undefined }]);
  });

  test('is refused if its event version is unknown', () => {
    const body = s3Notification({ key: 'a', eventName: 'ObjectRemoved:Delete', eventVersion: '3.0' });
    expect(() => parseNotification(body)).toThrow(/2\.x/);
  });

  test('is refused if its deletion type is unknown, since a version may have been removed', () => {
    const body = objectDeleted({ object: { key: 'a' }, 'deletion-type': 'Vanished' });
    expect(() => parseNotification(body)).toThrow(/deletion-type/);
  });

  test('counts with its event time in the age of a message', () => {
    const eventName = 'ObjectRemoved:Delete';
    expect(earliestEvent(s3Notification({ key: 'a', eventName }))).toBe(Date.parse(EVENT_TIME));
  });
});
