import type { CompressorError } from '../../src/errors.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import { WorkInterruptedError } from '../../src/worker/errors.ts';
import type {
  MessageFate,
  ProcessMessage,
  TaskProtection,
  WorkerEnd,
  WorkerTelemetry,
  WorkSource,
} from '../../src/worker/ports.ts';
import { runWorker, type WorkerOptions } from '../../src/worker/run-worker.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryMessageQueue } from './memory-message-queue.ts';
import { queueMessage } from './notifications.ts';

/** Messages in memory; a poll of the empty queue waits on the clock. */
export class MemoryWorkSource implements WorkSource {
  readonly waiting: QueueMessage[] = [];
  readonly acknowledged: string[] = [];
  /** The next calls, which throw. */
  failures = 0;
  polls = 0;
  /** Called before a message is delivered. */
  onHandOut: () => void = () => undefined;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async receive(): Promise<QueueMessage | undefined> {
    this.polls += 1;
    this.#failIfAsked();
    const message = this.waiting.shift();
    if (message === undefined) await this.#clock.sleep(5_000, new AbortController().signal);
    else this.onHandOut();
    return message;
  }

  acknowledge({ messageId }: QueueMessage): Promise<void> {
    this.#failIfAsked();
    this.acknowledged.push(messageId);
    return Promise.resolve();
  }

  #failIfAsked(): void {
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new Error('SQS is away');
  }
}

export class RecordingWorkerTelemetry implements WorkerTelemetry {
  readonly taken: string[] = [];
  readonly held: string[] = [];
  readonly requeued: string[] = [];
  readonly ended: [messageId: string, fate: MessageFate, seconds: number][] = [];
  readonly errors: [what: string, code: string][] = [];
  readonly ends: [why: WorkerEnd, messages: number][] = [];

  workTaken({ messageId }: QueueMessage): void {
    this.taken.push(messageId);
  }

  workHeld({ messageId }: QueueMessage): void {
    this.held.push(messageId);
  }

  workRequeued({ messageId }: QueueMessage): void {
    this.requeued.push(messageId);
  }

  workEnded({ messageId }: QueueMessage, fate: MessageFate, seconds: number): void {
    this.ended.push([messageId, fate, seconds]);
  }

  workFailed(_: QueueMessage, { code }: CompressorError): void {
    this.errors.push(['work', code]);
  }

  queueFailed({ code }: CompressorError): void {
    this.errors.push(['queue', code]);
  }

  protectionFailed({ code }: CompressorError): void {
    this.errors.push(['protection', code]);
  }

  workerEnded(why: WorkerEnd, messages: number): void {
    this.ends.push([why, messages]);
  }
}

/** A worker over a queue in memory, on a clock that the test advances. */
export class WorkerBench {
  readonly clock = new ManualClock();
  readonly source = new MemoryWorkSource(this.clock);
  readonly queue = new MemoryMessageQueue();
  readonly telemetry = new RecordingWorkerTelemetry();
  /** Requests to ECS, in order: minutes of protection, 0 to end it. */
  readonly protections: number[] = [];
  readonly #stop = new AbortController();

  readonly protection: TaskProtection = {
    protect: (minutes) => {
      this.protections.push(minutes);
      return Promise.resolve();
    },
    release: () => {
      this.protections.push(0);
      return Promise.resolve();
    },
  };

  /** Puts messages into the queue. */
  place(count: number, receiveCount = 1): QueueMessage[] {
    const messages = Array.from({ length: count }, (_, index) => queueMessage(`work ${index}`, receiveCount));
    this.source.waiting.push(...messages);
    return messages;
  }

  run(slots: readonly ProcessMessage[], overrides: Partial<WorkerOptions> = {}): Promise<WorkerEnd> {
    const { clock, source, queue, telemetry, protection } = this;
    const options = { clock, source, queue, telemetry, protection, slots, random: () => 0 };
    return runWorker({ ...options, visibilitySeconds: 300, idleExitSeconds: 60, ...overrides }, this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort(new WorkInterruptedError('The test is over'));
  }
}
