import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { ruleDimensions } from '../../configuration/metric-dimensions.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import type { CompressorError } from '../../errors.ts';
import { earliestEvent } from '../../messages/earliest-event.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';
import type { MessageFate, WorkerEnd, WorkerTelemetry } from '../../worker/ports.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

export interface WorkerTelemetryOptions {
  /** The side whose work it does. */
  readonly role: string;
  /**
   * The rule whose objects the worker packs; their age becomes a metric. Absent at a target, where the inbound bucket
   * shows how old its archives are.
   */
  readonly packs?: { readonly namespace: string; readonly rule: ReplicationRule } | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Logs and ages of a fallback worker itself; its packing and restoring are reported by the telemetry of source and
 * target.
 */
export class PowertoolsWorkerTelemetry implements WorkerTelemetry {
  readonly #logger: BatchLogger;
  readonly #metrics: DimensionedMetrics | undefined;
  readonly #now: () => number;

  constructor({ role, packs, now }: WorkerTelemetryOptions) {
    this.#logger = new BatchLogger('fallback', { role });
    this.#metrics = packs && new DimensionedMetrics(packs.namespace, { ...ruleDimensions(packs.rule) });
    this.#now = now;
  }

  workTaken(message: QueueMessage): void {
    const { messageId, receiveCount } = message;
    this.#logger.info('Work taken', { message_id: messageId, receive_count: receiveCount });
    this.#tellAge('FallbackAgeSeconds', message);
  }

  workHeld(message: QueueMessage): void {
    this.#tellAge('FallbackAgeSeconds', message);
  }

  workRequeued(message: QueueMessage): void {
    this.#logger.info('Message requeued before work on it began', { message_id: message.messageId });
    this.#tellAge('DeferredAgeSeconds', message);
  }

  workEnded({ messageId }: QueueMessage, fate: MessageFate, seconds: number): void {
    this.#logger.info('Work ended', { message_id: messageId, fate, seconds });
  }

  workFailed(message: QueueMessage, error: CompressorError): void {
    this.#logger.logMessageFailure(message, error, 'retried');
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logFailure('The queue did not respond or did not accept everything', error);
  }

  protectionFailed(error: CompressorError): void {
    this.#logger.warn('Scale-in protection of the task could not be set', { error });
  }

  workerEnded(why: WorkerEnd, messages: number): void {
    this.#logger.info('Worker ended', { why, messages });
  }

  /** Written at once: the next heartbeat is minutes away, and a task may be killed before it. */
  #tellAge(name: 'FallbackAgeSeconds' | 'DeferredAgeSeconds', { body }: QueueMessage): void {
    const earliest = earliestEvent(body);
    if (earliest === undefined || this.#metrics === undefined) return;
    if (name === 'DeferredAgeSeconds') this.#metrics.count('ObjectsDeferred');
    this.#metrics.observe(name, MetricUnit.Seconds, Math.max(0, this.#now() - earliest) / 1000);
    this.#metrics.flush();
  }
}
