import { asCompressorError } from '../errors.ts';
import { Deadline, RESERVED_MILLISECONDS } from '../messages/deadline.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { failedOutcome, type MessageOutcome, mostSevereOutcome, type SettledMessage } from '../messages/outcome.ts';
import { parseReplicationFailures } from '../messages/parse-replication-failure.ts';
import { type BatchResponse, settleBatch } from '../messages/settle-batch.ts';
import type { ResendDependencies, ResendRun } from './dependencies.ts';
import { ResendInterruptedError } from './errors.ts';
import { handleReplicationFailure } from './handle-replication-failure.ts';

/**
 * Resends archives that S3 has given up replicating, a limited number of times, then keeps them in a bucket where
 * nothing expires. Messages are processed one after the other: the work is S3's, and the failures of one archive (one
 * per destination) must see each other's resend. Never throws; the response says which messages return to the queue.
 * @param remainingMilliseconds what is left of this invocation
 */
export async function processResendBatch(
  messages: readonly QueueMessage[],
  remainingMilliseconds: () => number,
  dependencies: ResendDependencies,
): Promise<BatchResponse> {
  using deadline = new Deadline(remainingMilliseconds() - RESERVED_MILLISECONDS.settling, interrupted);
  const run = { ...dependencies, signal: deadline.signal };
  const settled: SettledMessage[] = [];
  for (const message of messages) settled.push({ message, outcome: await answerMessage(message, run) });
  return await settleBatch(settled, dependencies);
}

async function answerMessage(message: QueueMessage, run: ResendRun): Promise<MessageOutcome> {
  const outcomes: MessageOutcome[] = [];
  try {
    const mayWait = message.receiveCount < run.maxReceives;
    for (const failure of parseReplicationFailures(message.body)) {
      outcomes.push(await handleReplicationFailure(failure, mayWait, run));
    }
  } catch (thrown) {
    // Calls that are aborted by the deadline fail with different errors; the cause of all of them is the deadline.
    const error = run.signal.aborted ? interrupted() : asCompressorError(thrown);
    outcomes.push(failedOutcome(error));
  }
  return mostSevereOutcome(outcomes);
}

function interrupted(): ResendInterruptedError {
  return new ResendInterruptedError('The invocation ended while S3 was copying an archive. It is retried.');
}
