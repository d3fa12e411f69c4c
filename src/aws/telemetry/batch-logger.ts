import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import type { CompressorError } from '../../errors.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';
import type { FailureFate } from '../../messages/settle-batch.ts';

/** Queries in docs/operations.md search for these texts. */
const FATES: Readonly<Record<FailureFate, string>> = {
  retried: 'Message failed and is retried',
  'dead-lettered': 'Message dead-lettered',
  fallback: 'Message handed to the fallback',
  returned: 'Message failed, but the next queue did not accept it: it will be received again',
};

/** JSON lines with the common fields of their batch; `POWERTOOLS_LOG_LEVEL` sets their minimum level. */
export class BatchLogger extends Logger {
  constructor(service: string, persistentKeys: Readonly<Record<string, string>>) {
    super({ serviceName: service, persistentKeys });
    this.beginBatch();
  }

  /** From now on the lines belong to another batch. */
  beginBatch(): void {
    this.appendKeys({ batch_id: randomUUID() });
  }

  logFailure(text: string, error: CompressorError, attributes: Readonly<Record<string, unknown>> = {}): void {
    // Powertools writes the error's own fields, `code` and `context` among them, and its causes.
    this.error(text, { ...attributes, error });
  }

  logMessageFailure(message: QueueMessage, error: CompressorError, fate: FailureFate): void {
    const { messageId: message_id, receiveCount: receive_count } = message;
    // Work that a task takes over has not failed, so that a search for errors finds only problems that need attention.
    if (fate === 'fallback') this.info(FATES[fate], { message_id, receive_count, error });
    else this.logFailure(FATES[fate], error, { message_id, receive_count });
  }

  logQueueFailure(error: CompressorError): void {
    this.logFailure('The queue did not accept everything', error);
  }

  logAsleep(error: CompressorError): void {
    this.logFailure('The first fallback task could not be started at once', error);
  }
}
