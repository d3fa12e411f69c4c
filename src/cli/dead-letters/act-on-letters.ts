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

/**
 * Sends messages to the queue that they came from, without the reasons they were given up for, and deletes here only what
 * was accepted there. If it is ended between the two, a message is in both queues: it is packed or restored once more, and
 * changes nothing.
 * @returns those that were accepted
 * @throws DeadLetterError when SQS keeps a message here that it accepted there
 */
export async function redriveLetters(
  sqs: SQSClient,
  letters: readonly ReceivedLetter[],
  destination: string,
  onSent: (letters: number) => void,
): Promise<ReceivedLetter[]> {
  const accepted: ReceivedLetter[] = [];
  for (const batch of batchLetters(letters)) {
    const Entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
    const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: destination, Entries }));
    const taken = Successful.flatMap(({ Id }) => batch[Number(Id)] ?? []);
    await deleteLetters(sqs, taken);
    accepted.push(...taken);
    onSent(accepted.length);
  }
  return accepted;
}

/** @throws DeadLetterError when SQS does not delete one */
export async function deleteLetters(
  sqs: SQSClient,
  letters: readonly ReceivedLetter[],
  onDeleted: (letters: number) => void = () => undefined,
): Promise<void> {
  let deleted = 0;
  for (const batch of batchLetters(letters)) {
    const [first] = batch;
    if (first === undefined) continue;
    const Entries = batch.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: first.queue.url, Entries }));
    const [failed] = Failed;
    deleted += batch.length - Failed.length;
    onDeleted(deleted);
    if (failed === undefined) continue;
    throw new DeadLetterError(
      `${Failed.length} messages could not be deleted from ${first.queue.name}: ${failed.Code ?? ''} ${failed.Message ?? ''}. Run the command again.`,
      { context: { queue: first.queue.name, sqsCode: failed.Code } },
    );
  }
}
