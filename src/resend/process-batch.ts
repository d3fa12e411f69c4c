import { asCompressorError } from '../errors.ts';
import { Deadline } from '../messages/deadline.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { failedOutcome, type MessageOutcome, worstOutcome } from '../messages/outcome.ts';
import { parseReplicationFailures } from '../messages/parse-replication-failure.ts';
import { type BatchResponse, settleBatch } from '../messages/settle-batch.ts';
import { answerFailure } from './answer-failure.ts';
import type { ResendDependencies, ResendRun } from './dependencies.ts';
import { ResendInterruptedError } from './errors.ts';

/** Kept back from an invocation's time for taking back a copy and settling the messages. */
const SETTLING_MILLISECONDS = 10_000;

/**
 * Puts archives again that S3 has given up replicating, a bounded number of times, then keeps them where nothing expires.
 * One after the other: the work is S3's, and failures of one archive (a destination each) must see each other's answer.
 * Never throws; the answer says which messages go back to the queue.
 * @param remainingMilliseconds what is left of this invocation
 */
export async function processResendBatch(
  messages: readonly QueueMessage[],
  remainingMilliseconds: () => number,
  dependencies: ResendDependencies,
): Promise<BatchResponse> {
  const { queue, maxReceives, random, telemetry } = dependencies;
  using deadline = new Deadline(remainingMilliseconds() - SETTLING_MILLISECONDS, interrupted);
  const run = { ...dependencies, signal: deadline.signal };
  const settled: { message: QueueMessage; outcome: MessageOutcome }[] = [];
  for (const message of messages) settled.push({ message, outcome: await answerMessage(message, run) });
  return await settleBatch(settled, {
    queue,
    maxReceives,
    random,
    onQueueFailure: telemetry.queueFailed.bind(telemetry),
    onFailure: telemetry.messageFailed.bind(telemetry),
  });
}

async function answerMessage(message: QueueMessage, run: ResendRun): Promise<MessageOutcome> {
  const outcomes: MessageOutcome[] = [];
  try {
    const mayWait = message.receiveCount < run.maxReceives;
    for (const failure of parseReplicationFailures(message.body)) {
      outcomes.push(await answerFailure(failure, mayWait, run));
    }
  } catch (thrown) {
    // A call that the deadline has cut off fails in its own way; the cause of all of them is the deadline.
    const error = run.signal.aborted ? interrupted() : asCompressorError(thrown);
    outcomes.push(failedOutcome(error));
  }
  return worstOutcome(outcomes);
}

function interrupted(): ResendInterruptedError {
  return new ResendInterruptedError('The run ended while S3 was copying an archive. It is tried again.');
}
