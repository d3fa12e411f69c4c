import type { CompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import type { MessageFate, WorkerEnd, WorkerTelemetry } from '../worker/ports.ts';
import { BatchLogger } from './batch-logger.ts';

/** Logs of a fallback worker as such; what it packs and restores is told by the telemetry of source and target. */
export class PowertoolsWorkerTelemetry implements WorkerTelemetry {
  readonly #logger: BatchLogger;

  /** @param role which side's work it does */
  constructor(role: string) {
    this.#logger = new BatchLogger('fallback', { role });
  }

  workTaken({ messageId, receiveCount }: QueueMessage): void {
    this.#logger.info('Work taken', { message_id: messageId, receive_count: receiveCount });
  }

  workEnded({ messageId }: QueueMessage, fate: MessageFate, seconds: number): void {
    this.#logger.info('Work ended', { message_id: messageId, fate, seconds });
  }

  workFailed(message: QueueMessage, error: CompressorError): void {
    this.#logger.logMessageFailure(message, error);
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logFailure('The queue did not answer or did not take everything', error);
  }

  protectionFailed(error: CompressorError): void {
    this.#logger.warn('The task is not protected from scale-in as it should be', { error });
  }

  workerEnded(why: WorkerEnd, messages: number): void {
    this.#logger.info('Worker ended', { why, messages });
  }
}
