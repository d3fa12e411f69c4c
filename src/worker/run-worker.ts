import { asCompressorError } from '../errors.ts';
import { backOffSeconds } from '../messages/back-off.ts';
import type { MessageQueue, QueueMessage } from '../messages/message-queue.ts';
import { HeartbeatQueue } from './heartbeat-queue.ts';
import { ProtectionKeeper } from './keep-protection.ts';
import { MessageHeartbeat } from './message-heartbeat.ts';
import type {
  MessageFate,
  ProcessMessage,
  TaskProtection,
  WorkerClock,
  WorkerEnd,
  WorkerTelemetry,
  WorkSource,
} from './ports.ts';
import { requeueOrRelease } from './requeue-or-release.ts';

const FIRST_PAUSE_MILLISECONDS = 1_000;
const MAX_PAUSE_MILLISECONDS = 30_000;

export interface WorkerOptions {
  readonly source: WorkSource;
  readonly queue: MessageQueue;
  /** One per message that may be in progress at the same time. */
  readonly slots: readonly ProcessMessage[];
  readonly protection?: TaskProtection | undefined;
  readonly telemetry: WorkerTelemetry;
  readonly clock: WorkerClock;
  /** In [0, 1). */
  readonly random: () => number;
  /** The queue's visibility timeout: how long a message of a killed worker stays hidden. */
  readonly visibilitySeconds: number;
  /** Seconds without a message after which the worker ends; 0: never. */
  readonly idleExitSeconds: number;
}

/**
 * Works on a queue until it is told to stop, or until no message came for a while. While stopping, it receives no more
 * messages and resolves when each message in progress is settled: the signal reaches the work, which is requeued, not
 * finished. Errors of the queue or ECS never end the worker.
 * @param stop aborts with a WorkInterruptedError
 */
export async function runWorker(options: WorkerOptions, stop: AbortSignal): Promise<WorkerEnd> {
  const idle = new AbortController();
  const worker = new Worker(options, { stop, idle });
  await Promise.all(options.slots.map((process) => worker.runSlot(process)));
  await worker.close();
  const end = stop.aborted ? 'stopped' : 'idle';
  options.telemetry.workerEnded(end, worker.messages);
  return end;
}

interface WorkerSignals {
  readonly stop: AbortSignal;
  /** Aborted by the slot that notices that the queue has been empty for long enough. */
  readonly idle: AbortController;
}

class Worker {
  /** Messages received so far. */
  messages = 0;
  readonly #options: WorkerOptions;
  readonly #stop: AbortSignal;
  readonly #idle: AbortController;
  readonly #protection: ProtectionKeeper;
  #inWork = 0;
  #lastBusy: number;

  constructor(options: WorkerOptions, { stop, idle }: WorkerSignals) {
    const { protection, clock, telemetry } = options;
    this.#options = options;
    this.#stop = stop;
    this.#idle = idle;
    this.#lastBusy = clock.now();
    this.#protection = new ProtectionKeeper({
      protection,
      clock,
      onFailure: (error) => {
        telemetry.protectionFailed(error);
      },
    });
  }

  async runSlot(process: ProcessMessage): Promise<void> {
    const ended = AbortSignal.any([this.#stop, this.#idle.signal]);
    let pause = FIRST_PAUSE_MILLISECONDS;
    while (!ended.aborted) {
      try {
        const message = await this.#options.source.receive();
        pause = FIRST_PAUSE_MILLISECONDS;
        if (message === undefined) this.#noteEmptyQueue();
        else await this.#takeOrRequeue(message, process);
      } catch (thrown) {
        this.#options.telemetry.queueFailed(asCompressorError(thrown));
        await this.#options.clock.sleep(pause, ended);
        pause = Math.min(2 * pause, MAX_PAUSE_MILLISECONDS);
      }
    }
  }

  async close(): Promise<void> {
    await this.#protection.close();
  }

  #noteEmptyQueue(): void {
    const { clock, idleExitSeconds } = this.#options;
    if (this.#inWork > 0) return;
    this.#protection.drop();
    if (idleExitSeconds > 0 && clock.now() - this.#lastBusy >= 1000 * idleExitSeconds) this.#idle.abort();
  }

  /** A message may still come with the last poll, even one that another slot has just requeued. */
  async #takeOrRequeue(message: QueueMessage, process: ProcessMessage): Promise<void> {
    const { source, queue, telemetry } = this.#options;
    if (!this.#stop.aborted) {
      await this.#work(message, process);
      return;
    }
    const sent = await requeueOrRelease(queue, [message]);
    telemetry.workRequeued(message);
    if (sent.size > 0) await source.acknowledge(message);
  }

  async #work(message: QueueMessage, process: ProcessMessage): Promise<void> {
    const { telemetry, clock } = this.#options;
    const begun = clock.now();
    this.messages += 1;
    this.#inWork += 1;
    this.#protection.hold();
    telemetry.workTaken(message);
    try {
      const fate = await this.#settle(message, process);
      telemetry.workEnded(message, fate, (clock.now() - begun) / 1000);
    } finally {
      this.#inWork -= 1;
      this.#lastBusy = clock.now();
    }
  }

  async #settle(message: QueueMessage, process: ProcessMessage): Promise<MessageFate> {
    const { source, queue, telemetry, random } = this.#options;
    const onBeat = (): void => {
      telemetry.workHeld(message);
    };
    const heartbeat = new MessageHeartbeat(message, { ...this.#options, onBeat });
    try {
      const signal = AbortSignal.any([this.#stop, heartbeat.expired]);
      const { batchItemFailures } = await process(message, new HeartbeatQueue(queue, heartbeat), signal);
      await heartbeat.end();
      if (batchItemFailures.length > 0) return 'returned';
    } catch (thrown) {
      await heartbeat.end();
      telemetry.workFailed(message, asCompressorError(thrown));
      await queue.retryAfter([{ message, seconds: backOffSeconds(message.receiveCount, random()) }]);
      return 'returned';
    }
    // If this fails, the message is redelivered and finds its work done.
    await source.acknowledge(message);
    return 'acknowledged';
  }
}
