import type { QueueMessage } from '../../src/messages/message-queue.ts';

export interface EventFacts {
  readonly bucket?: string;
  readonly key: string;
  readonly size?: number;
  readonly etag?: string;
  readonly sequencer?: string;
  readonly eventTime?: string;
  readonly principalId?: string;
  readonly versionId?: string;
  readonly eventName?: string;
  readonly eventVersion?: string;
}

export const EVENT_TIME = '2026-11-23T10:00:00.000Z';

/** The body of an SQS message as S3 sends it for one object (shape: S3 user guide, "Event message structure"). */
export function s3Notification(...events: readonly EventFacts[]): string {
  return JSON.stringify({ Records: events.map(s3Record) });
}

function s3Record(event: EventFacts): object {
  const { bucket = 'source-bucket', key, size = 3, etag = 'e1', versionId } = event;
  return {
    eventVersion: event.eventVersion ?? '2.6',
    eventSource: 'aws:s3',
    awsRegion: 'eu-west-1',
    eventTime: event.eventTime ?? EVENT_TIME,
    eventName: event.eventName ?? 'ObjectCreated:Put',
    userIdentity: { principalId: event.principalId ?? 'AWS:AIDAUSER' },
    requestParameters: { sourceIPAddress: '203.0.113.7' },
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket, ownerIdentity: { principalId: 'A3' }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+'),
        size,
        eTag: etag,
        ...(versionId === undefined ? {} : { versionId }),
        ...(event.sequencer === undefined ? {} : { sequencer: event.sequencer }),
      },
    },
  };
}

/** The body of an SQS message that an EventBridge rule sends for one object. */
export function eventBridgeNotification(event: EventFacts, detailType = eventBridgeType(event)): string {
  const { bucket = 'source-bucket', key, size = 3, etag = 'e1', sequencer, versionId } = event;
  return JSON.stringify({
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': detailType,
    source: 'aws.s3',
    account: '111122223333',
    time: event.eventTime ?? EVENT_TIME,
    region: 'eu-west-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size, etag, sequencer, 'version-id': versionId },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '111122223333',
      ...eventBridgeReason(event.eventName ?? ''),
    },
  });
}

function eventBridgeType({ eventName = '' }: EventFacts): string {
  return /^(ObjectRemoved|LifecycleExpiration):/.test(eventName) ? 'Object Deleted' : 'Object Created';
}

function eventBridgeReason(eventName: string): Readonly<Record<string, string>> {
  const [, cause, what] = /^(ObjectRemoved|LifecycleExpiration):(.*)$/.exec(eventName) ?? [];
  if (cause === undefined) return { reason: 'PutObject' };
  return {
    reason: cause === 'ObjectRemoved' ? 'DeleteObject' : 'Lifecycle Expiration',
    'deletion-type': what === 'DeleteMarkerCreated' ? 'Delete Marker Created' : 'Permanently Deleted',
  };
}

export const TEST_EVENT = JSON.stringify({
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: EVENT_TIME,
  Bucket: 'source-bucket',
  RequestId: '5582815E1AEA5ADF',
});

let nextMessage = 0;

export function queueMessage(body: string, receiveCount = 1): QueueMessage {
  nextMessage += 1;
  return { messageId: `message-${nextMessage}`, receiptHandle: `receipt-${nextMessage}`, body, receiveCount };
}

/** The same body as an SNS topic delivers it to a queue that is subscribed without raw delivery. */
export function throughTopic(body: string): string {
  return JSON.stringify({
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:uploads',
    Subject: 'Amazon S3 Notification',
    Message: body,
    Timestamp: EVENT_TIME,
    SignatureVersion: '1',
    Signature: 'c2lnbmF0dXJl',
    SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/certificate.pem',
    UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe',
  });
}
