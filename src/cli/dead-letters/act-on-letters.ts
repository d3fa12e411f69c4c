import { DeleteMessageBatchCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ReceivedLetter } from './dead-letter.ts';
import { DeadLetterError } from './errors.ts';

const BATCH = 10;
/** SQS's limit for the bodies of one batch; a message of ours is about 2 KB, but may have as much as this alone. */
const MAX_BATCH_BYTES = 1024 * 1024;

/** Batches that SQS takes: at most ten messages, and no more bytes than one call may carry. */
export function batchLetters(letters: readonly ReceivedLetter[]): ReceivedLetter[][] {
  const batches: ReceivedLetter[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const letter of letters) {
    const size = Buffer.byteLength(letter.body);
    const last = batches.at(-1);
    if (last === undefined || last.length === BATCH || bytes + size > MAX_BATCH_BYTES) {
      batches.push([letter]);
      bytes = size;
    } else {
      last.push(letter);
      bytes += size;
    }
  }
  return batches;
}

export interface ActOptions {
  /** Ends it between two batches. */
  readonly signal: AbortSignal;
  /** Ends a call that is not answered: a batch that has begun is finished after Ctrl-C, unless that takes too long. */
  readonly patience: AbortSignal;
  /** Told how many messages are done, after each batch. */
  readonly onDone: (letters: number) => void;
}

/**
 * Sends messages to the queue that they came from, without the reasons they were given up for, and deletes here only what
 * was accepted there. If it is ended between the two, a message is in both queues: it is packed or restored once more, and
 * changes nothing.
 * @returns those that were accepted
 * @throws DeadLetterError when SQS keeps a message here that it accepted there; the reason of a signal
 */
export async function redriveLetters(
  sqs: SQSClient,
  letters: readonly ReceivedLetter[],
  destination: string,
  { signal, patience, onDone }: ActOptions,
): Promise<ReceivedLetter[]> {
  const accepted: ReceivedLetter[] = [];
  for (const batch of batchLetters(letters)) {
    signal.throwIfAborted();
    const Entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
    const send = new SendMessageBatchCommand({ QueueUrl: destination, Entries });
    const { Successful = [] } = await sqs.send(send, { abortSignal: patience });
    const taken = Successful.flatMap(({ Id }) => batch[Number(Id)] ?? []);
    // What is in both queues is done with here, whatever is pressed meanwhile.
    await deleteLetters(sqs, taken, { signal: patience, patience, onDone: () => undefined });
    accepted.push(...taken);
    onDone(accepted.length);
  }
  return accepted;
}

/** @throws DeadLetterError when SQS does not delete one; the reason of a signal */
export async function deleteLetters(
  sqs: SQSClient,
  letters: readonly ReceivedLetter[],
  { signal, patience, onDone }: ActOptions,
): Promise<void> {
  let deleted = 0;
  for (const batch of batchLetters(letters)) {
    const [first] = batch;
    if (first === undefined) continue;
    signal.throwIfAborted();
    const Entries = batch.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    const deletion = new DeleteMessageBatchCommand({ QueueUrl: first.queue.url, Entries });
    const { Failed = [] } = await sqs.send(deletion, { abortSignal: patience });
    const [failed] = Failed;
    deleted += batch.length - Failed.length;
    onDone(deleted);
    if (failed === undefined) continue;
    throw new DeadLetterError(
      `${Failed.length} messages could not be deleted from ${first.queue.name}: ${failed.Code ?? ''} ${failed.Message ?? ''}. Run the command again.`,
      { context: { queue: first.queue.name, sqsCode: failed.Code } },
    );
  }
}
