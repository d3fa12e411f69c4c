import { describe, expect, test } from '@jest/globals';
import { InvocationInvalidError } from '../../../src/messages/errors.ts';
import { queueMessages } from '../../../src/wiring/sqs-event.ts';
import { s3Notification } from '../../support/notifications.ts';

const record = { messageId: 'm', receiptHandle: 'r', body: 'b', attributes: { ApproximateReceiveCount: '3' } };

describe('what a function that works on a queue is invoked with', () => {
  test('is a batch of SQS messages', () => {
    expect(queueMessages({ Records: [record] })).toEqual([
      { messageId: 'm', receiptHandle: 'r', body: 'b', receiveCount: 3, turns: 0 },
    ]);
  });

  test.each<[string, unknown]>([
    ["the example of the console's test button", { key1: 'value1', key2: 'value2' }],
    ['an S3 notification that did not come through a queue', JSON.parse(s3Notification({ key: 'a' }))],
    ['an SNS notification that did not come through a queue', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }],
    ['an EventBridge event', { 'detail-type': 'Object Created', detail: {} }],
    ['a message without its receive count', { Records: [{ ...record, attributes: {} }] }],
    ['a list', [record]],
    ['nothing', undefined],
    ['null', null],
    ['text', 'hello'],
  ])('is refused by saying what is expected and what came: %s', (_, event) => {
    const shown = (event === undefined ? 'undefined' : JSON.stringify(event)).slice(0, 30);
    expect(() => queueMessages(event)).toThrow(InvocationInvalidError);
    expect(() => queueMessages(event)).toThrow('This function is invoked by its SQS queue');
    expect(() => queueMessages(event)).toThrow(shown);
  });
});
