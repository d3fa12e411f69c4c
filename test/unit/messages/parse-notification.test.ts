import { describe, expect, test } from '@jest/globals';
import { InvalidMessageError } from '../../../src/messages/errors.ts';
import { parseNotification } from '../../../src/messages/parse-notification.ts';
import { eventBridgeNotification, s3Notification, TEST_EVENT, throughTopic } from '../../support/notifications.ts';

describe('parseNotification', () => {
  const facts = { key: 'dir/a b.txt', size: 7, etag: 'abc', sequencer: '0055AED6DCD90281E5', versionId: 'v1' };

  test('reads the object of an S3 notification', () => {
    const { created, ignored } = parseNotification(s3Notification(facts));
    expect(created).toEqual([
      {
        bucket: 'source-bucket',
        key: 'dir/a b.txt',
        etag: 'abc',
        size: 7,
        eventTime: Date.parse('2026-11-23T10:00:00.000Z'),
        sequencer: '0055AED6DCD90281E5',
        versionId: 'v1',
        principalId: 'AWS:AIDAUSER',
      },
    ]);
    expect(ignored).toBe(0);
  });

  test('reads the same object from an EventBridge event, whose key is not encoded', () => {
    const fromS3 = parseNotification(s3Notification(facts)).created[0];
    expect(parseNotification(eventBridgeNotification(facts)).created).toEqual([{ ...fromS3, principalId: undefined }]);
    const [created] = parseNotification(eventBridgeNotification({ key: 'a+b%20c' })).created;
    expect(created?.key).toBe('a+b%20c');
    expect(parseNotification(eventBridgeNotification(facts)).ignored).toBe(0);
  });

  test.each(['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
    'accepts the first and the last possible time: %s',
    (time) => {
      const [created] = parseNotification(s3Notification({ key: 'k', eventTime: time })).created;
      expect(created?.eventTime).toBe(Date.parse(time));
    },
  );

  test.each(['2.0', '2.1', '2.6', '2.17'])('accepts event version %s', (eventVersion) => {
    expect(parseNotification(s3Notification({ key: 'k', eventVersion })).created).toHaveLength(1);
  });

  test.each([
    ['spaces and plus', 'red flower+1.jpg'],
    ['unicode', 'größe/日本語/🎉'],
    ['percent', '100%/%2e%2E'],
    ['double, leading and trailing slash', '//a///b/'],
    ['dots', '../a/./..'],
    ['newline', 'a\nb'],
  ])('decodes keys with %s', (_, key) => {
    expect(parseNotification(s3Notification({ key })).created[0]?.key).toBe(key);
  });

  test('reads a message with several records', () => {
    const { created } = parseNotification(s3Notification({ key: 'a' }, { key: 'b' }));
    expect(created.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('accepts an event without sequencer and version', () => {
    const [created] = parseNotification(s3Notification({ key: 'a' })).created;
    expect(created).toMatchObject({ sequencer: undefined, versionId: undefined });
  });

  test('ignores the test event that S3 sends when a notification is configured', () => {
    expect(parseNotification(TEST_EVENT)).toEqual({ created: [], removed: [], ignored: 1 });
  });

  test.each([
    ['S3', s3Notification(facts)],
    ['EventBridge', eventBridgeNotification(facts)],
    ['a test event', TEST_EVENT],
  ])('reads %s through an SNS topic as if it came directly', (_, body) => {
    expect(parseNotification(throughTopic(body))).toEqual(parseNotification(body));
  });

  test('refuses a body from a topic that is not a notification', () => {
    expect(() => parseNotification(throughTopic('hello'))).toThrow(/not JSON/);
    expect(() => parseNotification(throughTopic('{"a":1}'))).toThrow(/neither an S3 notification/);
  });

  test.each([
    ['confirms a subscription', { Type: 'SubscriptionConfirmation' }],
    ['names no topic', { TopicArn: undefined }],
  ])('refuses an envelope that %s', (_, fields) => {
    const body = JSON.stringify({ ...(JSON.parse(throughTopic(s3Notification(facts))) as object), ...fields });
    expect(() => parseNotification(body)).toThrow(/neither an S3 notification/);
  });

  test('ignores events other than creations and removals', () => {
    expect(parseNotification(s3Notification({ key: 'a', eventName: 'ObjectTagging:Put' }))).toEqual({
      created: [],
      removed: [],
      ignored: 1,
    });
    expect(parseNotification(eventBridgeNotification({ key: 'a' }, 'Object Tags Added'))).toEqual({
      created: [],
      removed: [],
      ignored: 1,
    });
  });

  test.each([
    ['text that is not JSON', 'hello', /not JSON/],
    ['no object', '[]', /not valid/],
    ['a number', '7', /not valid/],
    ['no notification in it', '{"a":1}', /neither an S3 notification/],
    ['a future event version', s3Notification({ key: 'a', eventVersion: '3.0' }), /2\.x/],
    ['a key that is not UTF-8', s3Notification({ key: 'x' }).replace('"key":"x"', '"key":"%ff"'), /%ff/],
    ['no size', s3Notification({ key: 'x' }).replace('"size":3,', ''), /s3\.object\.size/],
    ['no time', s3Notification({ key: 'x', eventTime: 'soon' }), /eventTime/],
    ['a time after 9999', s3Notification({ key: 'x', eventTime: '9999-12-31T23:59:59-01:00' }), /0000 to 9999/],
    [
      'a time before 0000',
      eventBridgeNotification({ key: 'x', eventTime: '0000-01-01T00:00:00+01:00' }),
      /0000 to 9999/,
    ],
    ['a negative size', s3Notification({ key: 'x', size: -1 }), /s3\.object\.size/],
  ])('refuses a body with %s, and says where', (_, body, message) => {
    expect(() => parseNotification(body)).toThrow(InvalidMessageError);
    expect(() => parseNotification(body)).toThrow(message);
  });
});
