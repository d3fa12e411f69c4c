import { DeleteMessageBatchCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { MIB } from '../../units.ts';
import { formatPlural } from '../command/numbers.ts';
import type { ReceivedLetter } from './dead-letter.ts';
import { DeadLetterError } from './errors.ts';

const BATCH = 10;
/** SQS's limit for the bodies of one batch; our messages have about 2 KB, but a single one may have this many bytes. */
const MAX_BATCH_BYTES = MIB;

/** Batches within SQS's limits: at most ten messages, and no more bytes than one call may have. */
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
  /** Stops it between two batches. */
  readonly signal: AbortSignal;
  /** Aborts a call without a response: after Ctrl-C the current batch is finished, unless that takes too long. */
  readonly patience: AbortSignal;
  /** Called with the number of finished messages after each batch. */
  readonly onDone: (letters: number) => void;
}

/**
 * Sends messages to the queue that they came from, without the attributes that give the reason, and deletes here only
 * messages that were accepted there. If it is interrupted between the two, a message is in both queues: it is packed or
 * restored once more, which changes nothing.
 * @returns the accepted messages
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
    // Messages that are in both queues are deleted here, even after Ctrl-C.
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
      `${formatPlural(Failed.length, 'message')} could not be deleted from ${first.queue.name}: ${failed.Code ?? ''} ${failed.Message ?? ''}. Run the command again.`,
      { context: { queue: first.queue.name, sqsCode: failed.Code } },
    );
  }
}
