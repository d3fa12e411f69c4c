/** A dead-letter queue, and the queues that its messages came from. */
export interface DeadLetterQueue {
  readonly region: string;
  readonly name: string;
  readonly url: string;
  /** Queues whose redrive policy names it. */
  readonly sources: readonly string[];
}

/** A dead-lettered message. */
export interface ReceivedLetter {
  readonly queue: DeadLetterQueue;
  readonly messageId: string;
  /** Needed to delete or release it, until its visibility timeout ends. */
  readonly receiptHandle: string;
  readonly body: string;
  /** Of docs/errors.md; `RECEIVED_TOO_OFTEN` when SQS moved it because it exceeded maxReceiveCount. */
  readonly code: string;
  readonly reason: string;
  /** Key of its object or archive, if that is known. */
  readonly bucket?: string;
  readonly key?: string;
  /** Milliseconds since 1970: when the message was first sent to a queue. */
  readonly sentAt: number;
}

/** Messages that SQS itself moves have no reason. */
export const RECEIVED_TOO_OFTEN = 'RECEIVED_TOO_OFTEN';
