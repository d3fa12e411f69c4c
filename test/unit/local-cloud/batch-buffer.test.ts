import { describe, expect, it } from '@jest/globals';
import { BatchBuffer, PAYLOAD_LIMIT_BYTES } from '../../../local-cloud/event-source/batch-buffer.ts';
import { toSqsRecord } from '../../../local-cloud/event-source/sqs-record.ts';

const ORIGIN = { queueArn: 'arn:aws:sqs:eu-west-1:123456789012:queue', region: 'eu-west-1' };

function record(id: number, bodyBytes = 10) {
  return toSqsRecord({ MessageId: String(id), Body: 'x'.repeat(bodyBytes) }, ORIGIN);
}

function ids(records: readonly { messageId: string }[]): string[] {
  return records.map(({ messageId }) => messageId);
}

describe('BatchBuffer', () => {
  it('is full at the batch size, and keeps the rest for the next batch', () => {
    const buffer = new BatchBuffer(2);
    buffer.add(record(1));
    expect(buffer.isFull).toBe(false);
    for (const id of [2, 3]) buffer.add(record(id));
    expect(buffer.isFull).toBe(true);
    expect(ids(buffer.take())).toEqual(['1', '2']);
    expect(ids(buffer.take())).toEqual(['3']);
    expect(buffer.take()).toEqual([]);
  });

  it('cuts a batch so that its event stays within the payload of one invocation', () => {
    const buffer = new BatchBuffer(10_000);
    const count = 40;
    for (let id = 0; id < count; id += 1) buffer.add(record(id, 250_000));
    expect(buffer.isFull).toBe(true);
    const batches = [];
    while (buffer.length > 0) batches.push(buffer.take());
    expect(batches.flatMap(ids)).toEqual(Array.from({ length: count }, (_, id) => String(id)));
    expect(batches).toHaveLength(2);
    for (const Records of batches) {
      expect(Buffer.byteLength(JSON.stringify({ Records }))).toBeLessThanOrEqual(PAYLOAD_LIMIT_BYTES);
    }
  });

  it('passes on a record that exceeds the payload by itself, so that it cannot block the queue', () => {
    const buffer = new BatchBuffer(10);
    buffer.add(record(1, PAYLOAD_LIMIT_BYTES + 1));
    buffer.add(record(2));
    expect(ids(buffer.take())).toEqual(['1']);
    expect(ids(buffer.take())).toEqual(['2']);
  });
});
