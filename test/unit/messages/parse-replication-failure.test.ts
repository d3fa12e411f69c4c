import { describe, expect, test } from '@jest/globals';
import { replicationFailureEvent } from '../../../local-cloud/replication/failure-event.ts';
import { parseReplicationFailures } from '../../../src/messages/parse-replication-failure.ts';
import { throughTopic } from '../../support/notifications.ts';

const VERSION = { bucket: 'outbound', key: 'rule/a b+ü.tar.zst', versionId: 'v1', etag: 'e', size: 10 };
const ORDER = { ruleId: 'rule-eu', destinationBucket: 'inbound-eu', hasMetrics: true };
const TIME = '2026-11-23T16:00:00.000Z';
const event = replicationFailureEvent(VERSION, ORDER, 'DstBucketNotFound', {
  region: 'us-east-1',
  configurationId: 'c',
  time: new Date(TIME),
}) as { Records: { eventName: string; s3: { object: Record<string, unknown> }; replicationEventData: object }[] };
const [record] = event.Records;

describe('the notification of a failed replication', () => {
  test('names the archive, its version, the destination and the reason', () => {
    expect(parseReplicationFailures(JSON.stringify(event))).toEqual([
      {
        bucket: 'outbound',
        key: 'rule/a b+ü.tar.zst',
        versionId: 'v1',
        eventTime: Date.parse(TIME),
        destination: 'inbound-eu',
        reason: 'DstBucketNotFound',
      },
    ]);
  });

  test('may have the service in its event name, and may lack a reason', () => {
    const data = { ...record?.replicationEventData, failureReason: undefined };
    const named = { ...record, eventName: 's3:Replication:OperationFailedReplication', replicationEventData: data };
    const [failure] = parseReplicationFailures(JSON.stringify({ Records: [named] }));
    expect(failure?.reason).toBe('Unknown');
  });

  test('may have a time with any offset', () => {
    const [failure] = parseReplicationFailures(
      JSON.stringify({ Records: [{ ...record, eventTime: '2026-11-23T17:00:00+01:00' }] }),
    );
    expect(failure?.eventTime).toBe(Date.parse(TIME));
  });

  test('may arrive in the envelope of an SNS topic', () => {
    const body = JSON.stringify(event);
    expect(parseReplicationFailures(throughTopic(body))).toEqual(parseReplicationFailures(body));
  });

  test('is ignored if it is a test event or another kind of event', () => {
    expect(parseReplicationFailures('{"Event":"s3:TestEvent"}')).toEqual([]);
    const other = { ...record, eventName: 'Replication:OperationMissedThreshold' };
    expect(parseReplicationFailures(JSON.stringify({ Records: [other] }))).toEqual([]);
  });

  test.each([
    ['not JSON', 'nonsense'],
    ['of an unknown event version', JSON.stringify({ Records: [{ ...record, eventVersion: '3.0' }] })],
    ['another message', '{"source":"aws.s3","detail-type":"Object Created"}'],
    [
      'a failure without its version',
      JSON.stringify({ Records: [{ ...record, s3: { ...record?.s3, object: { key: 'k' } } }] }),
    ],
    ['a failure without its destination', JSON.stringify({ Records: [{ ...record, replicationEventData: {} }] })],
  ])('is refused if it is %s', (_, body) => {
    expect(() => parseReplicationFailures(body)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
  });
});
