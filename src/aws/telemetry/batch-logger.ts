import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import type { CompressorError } from '../../errors.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';

/** JSON lines that carry what their batch has in common; `POWERTOOLS_LOG_LEVEL` sets how many there are. */
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

  logMessageFailure({ messageId, receiveCount }: QueueMessage, error: CompressorError): void {
    const fate = error.retryable ? 'will be tried again' : 'goes to the dead letters';
    this.logFailure(`Message failed and ${fate}`, error, { message_id: messageId, receive_count: receiveCount });
  }

  logQueueFailure(error: CompressorError): void {
    this.logFailure('The queue did not take everything', error);
  }

  logAsleep(error: CompressorError): void {
    this.logFailure('The first fallback task could not be started at once', error);
  }
}
