import { describe, expect, test } from '@jest/globals';
import { InvalidInvocationError } from '../../../src/messages/errors.ts';
import { isFromQueue, readQueueMessages } from '../../../src/wiring/sqs-event.ts';
import { s3Notification } from '../../support/notifications.ts';

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/123456789012/app-rule-backfill';
const record = { messageId: 'm', receiptHandle: 'r', body: 'b', attributes: { ApproximateReceiveCount: '3' } };

describe('the event of a function that works on a queue', () => {
  test('is a batch of SQS messages', () => {
    expect(readQueueMessages({ Records: [record] })).toEqual([
      { messageId: 'm', receiptHandle: 'r', body: 'b', receiveCount: 3, turns: 0 },
    ]);
  });

  test.each<[string, unknown]>([
    ["the example of the console's test button", { key1: 'value1', key2: 'value2' }],
    ['an S3 notification that bypassed the queue', JSON.parse(s3Notification({ key: 'a' }))],
    ['an SNS notification that bypassed the queue', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }],
    ['an EventBridge event', { 'detail-type': 'Object Created', detail: {} }],
    ['a message without its receive count', { Records: [{ ...record, attributes: {} }] }],
    ['a list', [record]],
    ['nothing', undefined],
    ['null', null],
    ['text', 'hello'],
  ])('is refused with what is expected and what came: %s', (_, event) => {
    const shown = (event === undefined ? 'undefined' : JSON.stringify(event)).slice(0, 30);
    expect(() => readQueueMessages(event)).toThrow(InvalidInvocationError);
    expect(() => readQueueMessages(event)).toThrow('This function is invoked by its SQS queue');
    expect(() => readQueueMessages(event)).toThrow(shown);
  });
});

test('messages are matched to a queue by its full name, not by the end of it', () => {
  const from = (eventSourceARN: string) => isFromQueue({ Records: [{ ...record, eventSourceARN } as never] }, QUEUE);
  expect(from('arn:aws:sqs:eu-west-1:123456789012:app-rule-backfill')).toBe(true);
  expect(from('arn:aws:sqs:eu-west-1:123456789012:app-rule')).toBe(false);
  expect(from('arn:aws:sqs:eu-west-1:123456789012:other-app-rule-backfill')).toBe(false);
  expect(isFromQueue({ Records: [record as never] }, QUEUE)).toBe(false);
});
