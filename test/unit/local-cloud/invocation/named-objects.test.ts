import { describe, expect, test } from '@jest/globals';
import { namedObjects, withVersionIds } from '../../../../local-cloud/invocation/named-objects.ts';
import { eventBridgeNotification, s3Notification, TEST_EVENT } from '../../../support/notifications.ts';

const FACTS = { bucket: 'b', key: 'a+b/é c', size: 7, etag: 'e' };

describe('namedObjects', () => {
  test.each([
    ['S3', s3Notification(FACTS)],
    ['EventBridge', eventBridgeNotification(FACTS)],
  ])('finds the object of a notification of %s, with its key decoded', (_, body) => {
    expect(namedObjects(body)).toEqual([expect.objectContaining(FACTS)]);
  });

  test.each([
    ['a test event', TEST_EVENT],
    ['a text', 'no json'],
  ])('finds no object in %s', (_, body) => {
    expect(namedObjects(body)).toEqual([]);
  });
});

describe('withVersionIds', () => {
  const body = s3Notification({ ...FACTS, versionId: 'theirs' });

  test('replaces the version id of the event with the local one', () => {
    const changed = withVersionIds(body, (bucket, key, etag) => `${bucket} ${key} ${etag}`);
    expect(JSON.parse(changed)).toMatchObject({ Records: [{ s3: { object: { versionId: 'b a+b/é c e' } } }] });
    expect(changed.replace('b a+b/é c e', 'theirs')).toBe(body);
  });

  test('keeps the id for a missing object, and a body that is not a notification', () => {
    expect(withVersionIds(body, () => undefined)).toBe(body);
    expect(withVersionIds('no json', () => 'ours')).toBe('no json');
  });
});
