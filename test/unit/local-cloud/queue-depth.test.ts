import { Readable } from 'node:stream';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { isQueueEmpty } from '../../../local-cloud/queue-depth.ts';

/** Counts of the queue: visible, in flight, delayed. */
type Counts = readonly [number, number, number];

/** A client of a queue that returns these counts one after the other, and then repeats the last ones. */
function clientOf(...looks: readonly Counts[]): SQSClient {
  let look = 0;
  return new SQSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: {
      handle: () => {
        const [visible = 0, inFlight = 0, delayed = 0] = looks[Math.min(look, looks.length - 1)] ?? [];
        look += 1;
        const Attributes = {
          ApproximateNumberOfMessages: String(visible),
          ApproximateNumberOfMessagesNotVisible: String(inFlight),
          ApproximateNumberOfMessagesDelayed: String(delayed),
        };
        const body = Readable.from([Buffer.from(JSON.stringify({ Attributes }))]);
        return Promise.resolve({
          response: { statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body },
        });
      },
    },
  });
}

const isEmpty = (...looks: readonly Counts[]): Promise<boolean> =>
  isQueueEmpty(clientOf(...looks), 'http://localhost/queue');

describe('a queue', () => {
  test('is empty if it holds nothing in two reads', async () => {
    expect(await isEmpty([0, 0, 0])).toBe(true);
  });

  test.each<Counts>([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ])('is not empty with %d visible, %d in flight, %d delayed', async (...counts) => {
    expect(await isEmpty(counts)).toBe(false);
  });

  test('is not empty if a message becomes visible between the counts of one read', async () => {
    expect(await isEmpty([0, 0, 0], [1, 0, 0])).toBe(false);
  });
});
