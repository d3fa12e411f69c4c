import type { SQSClient } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import type { ExistingObjectQueue } from '../../backfill/dependencies.ts';
import { UnavailableQueueError } from '../../messages/errors.ts';
import { SqsBatchClient } from './batch-client.ts';
import { cutBatches, measureMessage } from './batches.ts';

export interface BulkSenderOptions {
  /** Provides credentials, region and endpoint. */
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Concurrent calls to SQS; default 48. */
  readonly concurrency?: number;
  /** Aborts calls under way; whether SQS has accepted their messages is then unknown. */
  readonly signal?: AbortSignal;
}

/** At 10 ms per call this is 48,000 messages per second. */
const CONCURRENCY = 48;
/** How many times per message is sent if SQS does not accept it; the client itself retries failed calls. */
const ATTEMPTS = 5;

/** Sends very many messages to one queue. If a response is lost, messages may be sent twice. */
export class SqsBulkSender implements ExistingObjectQueue {
  readonly #client: SqsBatchClient;
  readonly #queueUrl: string;
  readonly #limit: ReturnType<typeof pLimit>;

  constructor({ client, queueUrl, concurrency = CONCURRENCY, signal }: BulkSenderOptions) {
    this.#client = new SqsBatchClient({ client, queueUrl, connections: concurrency, ...(signal && { signal }) });
    this.#queueUrl = queueUrl;
    this.#limit = pLimit(concurrency);
  }

  async send(bodies: readonly string[]): Promise<void> {
    let left = bodies;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const batches = cutBatches(left, (body) => measureMessage({ body }));
      const answers = await this.#limit.map(batches, async (batch) => {
        const { refused, reason } = await this.#client.send(batch);
        return { reason, bodies: refused.flatMap((index) => batch[index] ?? []) };
      });
      left = answers.flatMap((answer) => answer.bodies);
      if (left.length > 0 && attempt === ATTEMPTS) {
        const [reason = ''] = answers.flatMap((answer) => answer.reason ?? []);
        throw new UnavailableQueueError(`SQS did not accept ${left.length} messages to ${this.#queueUrl}: ${reason}`, {
          context: { queueUrl: this.#queueUrl, messages: left.length },
        });
      }
    }
  }

  /** Ends the connections. */
  close(): Promise<void> {
    return this.#client.close();
  }
}
