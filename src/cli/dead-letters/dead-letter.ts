/** A queue that dead letters come to, and where they came from. */
export interface DeadLetterQueue {
  readonly region: string;
  readonly name: string;
  readonly url: string;
  /** Queues whose redrive policy names it. */
  readonly sources: readonly string[];
}

/** A message that was given up. */
export interface ReceivedLetter {
  readonly queue: DeadLetterQueue;
  readonly messageId: string;
  /** What it takes to delete or release it, until its visibility timeout ends. */
  readonly receiptHandle: string;
  readonly body: string;
  /** Of docs/errors.md; `RECEIVED_TOO_OFTEN` when SQS moved it because it exceeded maxReceiveCount. */
  readonly code: string;
  readonly reason: string;
  /** Of the object or archive that it is about, where that can be told. */
  readonly bucket?: string;
  readonly key?: string;
  /** Milliseconds since 1970: when the message was first sent to a queue. */
  readonly sentAt: number;
}

/** What SQS itself moves has no reason with it. */
export const RECEIVED_TOO_OFTEN = 'RECEIVED_TOO_OFTEN';
