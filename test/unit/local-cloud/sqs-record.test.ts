import { describe, expect, it } from '@jest/globals';
import { toSqsRecord } from '../../../local-cloud/event-source/sqs-record.ts';

describe('toSqsRecord', () => {
  it('gives every field the name and the form that Lambda uses', () => {
    const record = toSqsRecord(
      {
        MessageId: 'id',
        ReceiptHandle: 'handle',
        Body: 'body',
        MD5OfBody: 'md5',
        Attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1700000000000', SenderId: 'sender' },
        MessageAttributes: {
          text: { DataType: 'String', StringValue: 'value' },
          bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 255) },
        },
      },
      { queueArn: 'arn:aws:sqs:eu-west-1:123456789012:queue', region: 'eu-west-1' },
    );
    expect(record).toEqual({
      messageId: 'id',
      receiptHandle: 'handle',
      body: 'body',
      md5OfBody: 'md5',
      attributes: {
        ApproximateReceiveCount: '3',
        SentTimestamp: '1700000000000',
        SenderId: 'sender',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {
        text: { dataType: 'String', stringValue: 'value', stringListValues: [], binaryListValues: [] },
        bytes: { dataType: 'Binary', binaryValue: 'AQL/', stringListValues: [], binaryListValues: [] },
      },
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:queue',
      awsRegion: 'eu-west-1',
    });
  });
});
