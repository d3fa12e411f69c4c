import type { QueueMessage } from '../../src/messages/message-queue.ts';
import type { BatchResponse } from '../../src/messages/settle-batch.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One environment of a function. */
export type Invoke = (messages: readonly QueueMessage[], remaining: () => number) => Promise<BatchResponse>;

export interface FunctionOptions {
  readonly time: VirtualTime;
  readonly queue: SimulatedQueue;
  /** One per concurrent run; their number is the mapping's MaximumConcurrency. */
  readonly environments: readonly Invoke[];
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly timeoutSeconds: number;
  /** Whether no more messages can come. */
  readonly isOver: () => boolean;
}

const POLL_MILLISECONDS = 1_000;

export interface FunctionFigures {
  readonly runs: number;
  readonly maxConcurrent: number;
}

/** Feeds a function from a queue as Lambda's event source mapping does, until the queue can get no more messages. */
export async function runFunctions(options: FunctionOptions): Promise<FunctionFigures> {
  let [runs, concurrent, maxConcurrent] = [0, 0, 0];
  await Promise.all(
    options.environments.map(async (invoke) => {
      for (;;) {
        const messages = await collectBatch(options);
        if (messages.length === 0) return;
        runs += 1;
        concurrent += 1;
        maxConcurrent = Math.max(maxConcurrent, concurrent);
        await runOnce(messages, invoke, options);
        concurrent -= 1;
      }
    }),
  );
  return { runs, maxConcurrent };
}

/** @returns no messages if none can come any more */
async function collectBatch({
  time,
  queue,
  batchSize,
  batchWindowSeconds,
  isOver,
}: FunctionOptions): Promise<QueueMessage[]> {
  for (;;) {
    while (queue.visible === 0) {
      if (isOver()) return [];
      await time.sleep(POLL_MILLISECONDS);
    }
    const end = time.now() + 1000 * batchWindowSeconds;
    while (queue.visible < batchSize && time.now() < end) await time.sleep(POLL_MILLISECONDS);
    const messages = queue.receive(batchSize);
    if (messages.length > 0) return messages;
  }
}

async function runOnce(
  messages: readonly QueueMessage[],
  invoke: Invoke,
  { time, queue, timeoutSeconds }: FunctionOptions,
): Promise<void> {
  const deadline = time.now() + 1000 * timeoutSeconds;
  const { batchItemFailures } = await invoke(messages, () => deadline - time.now());
  const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { messageId } of messages) if (!returned.has(messageId)) queue.delete(messageId);
}
