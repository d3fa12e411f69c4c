import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { MIB } from '../../units.ts';

/** Limits of one SendMessageBatch or ChangeMessageVisibilityBatch call. */
export const MAX_ENTRIES = 10;
const MAX_BYTES = MIB;

export interface OutgoingMessage {
  readonly body: string;
  readonly attributes?: Record<string, MessageAttributeValue>;
}

/** Bytes that count toward the limit: body, and name, type and value of each attribute. */
export function measureMessage({ body, attributes = {} }: OutgoingMessage): number {
  let size = Buffer.byteLength(body);
  for (const [name, { DataType = '', StringValue = '' }] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue);
  }
  return size;
}

/** Cuts into runs of at most ten, and of at most 1 MiB in all; order is kept. */
export function cutBatches<T>(items: readonly T[], sizeOf: (item: T) => number = () => 0): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (batch.length > 0 && (batch.length === MAX_ENTRIES || bytes + size > MAX_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
