import { describe, expect, test } from '@jest/globals';
import { namedObjects, withVersionIds } from '../../../../local-cloud/invocation/named-objects.ts';
import { eventBridgeNotification, s3Notification, TEST_EVENT } from '../../../support/notifications.ts';

const FACTS = { bucket: 'b', key: 'a+b/é c', size: 7, etag: 'e' };

describe('namedObjects', () => {
  test.each([
    ['S3', s3Notification(FACTS)],
    ['EventBridge', eventBridgeNotification(FACTS)],
  ])('finds the object of a notification of %s, its key decoded', (_, body) => {
    expect(namedObjects(body)).toEqual([expect.objectContaining(FACTS)]);
  });

  test.each([
    ['a test event', TEST_EVENT],
    ['a text', 'no json'],
  ])('finds none in %s', (_, body) => {
    expect(namedObjects(body)).toEqual([]);
  });
});

describe('withVersionIds', () => {
  const body = s3Notification({ ...FACTS, versionId: 'theirs' });

  test('puts the local version id in the place of the one in the event', () => {
    const changed = withVersionIds(body, (bucket, key, etag) => `${bucket} ${key} ${etag}`);
    expect(JSON.parse(changed)).toMatchObject({ Records: [{ s3: { object: { versionId: 'b a+b/é c e' } } }] });
    expect(changed.replace('b a+b/é c e', 'theirs')).toBe(body);
  });

  test('leaves the id of a missing object, and a body that is not a notification', () => {
    expect(withVersionIds(body, () => undefined)).toBe(body);
    expect(withVersionIds('no json', () => 'ours')).toBe('no json');
  });
});
