import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { BackgroundLoop } from './background-loop.ts';
import { BatchBuffer } from './event-source/batch-buffer.ts';
import { type BatchOutcome, readBatchResponse } from './event-source/batch-response.ts';
import { toSqsRecord } from './event-source/sqs-record.ts';
import { isQueueEmpty } from './queue-depth.ts';

/** SQS's own limit for one receive or one delete call. */
const PAGE_SIZE = 10;

/** Concurrent receives while a batch fills; SQS returns at most ten messages per call. */
const PARALLEL_RECEIVES = 4;

/** Short, because stopping waits for it: an aborted long poll could receive messages that nobody reads. */
const LONG_POLL_SECONDS = 1;

const WINDOW_POLL_MILLISECONDS = 50;
const IDLE_POLL_MILLISECONDS = 50;

export interface EventSourceMappingOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  /** Max messages per batch. More than 10 need a window, as in Lambda. */
  readonly batchSize: number;
  /** How long a batch may wait for more messages after its first one. */
  readonly batchWindowSeconds: number;
  /** Max concurrent invocations. */
  readonly maximumConcurrency: number;
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
  /** Called after each invocation, with the outcome of its messages. */
  readonly onInvocation?: (report: InvocationReport) => void;
}

export interface InvocationReport {
  readonly messages: number;
  readonly outcome: BatchOutcome;
}

/**
 * Behaves like Lambda's event source mapping for an SQS queue with `ReportBatchItemFailures`: messages that an
 * invocation has finished are deleted, all others are left to the queue's visibility timeout and redrive policy.
 */
export class EventSourceMapping {
  readonly #options: EventSourceMappingOptions;
  readonly #buffer: BatchBuffer;
  readonly #invocations = new Set<Promise<void>>();
  /** Fails if the queue does; the function's failures are outcomes, not errors. */
  readonly #polling = new BackgroundLoop(() => this.#poll());

  constructor(options: EventSourceMappingOptions) {
    this.#options = options;
    this.#buffer = new BatchBuffer(options.batchSize);
  }

  start(): void {
    this.#polling.start();
  }

  /**
   * Stops polling, invokes with the messages already received, and waits for the invocations under way.
   *
   * @throws the error of the queue, if it failed while the mapping ran
   */
  async stop(): Promise<void> {
    await this.#polling.stop();
    while (this.#buffer.length > 0) await this.#startNextInvocation();
    await Promise.all(this.#invocations);
    await this.#polling.throwFailure();
  }

  /**
   * Resolves when the queue holds nothing, visible, delayed or in flight, and no invocation runs.
   *
   * @throws the error of the queue, if it failed while the mapping ran; the reason of `signal`
   */
  async idle(signal?: AbortSignal): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    while (this.#invocations.size > 0 || this.#buffer.length > 0 || !(await isQueueEmpty(sqs, queueUrl))) {
      signal?.throwIfAborted();
      await this.#polling.orFailure(sleep(IDLE_POLL_MILLISECONDS));
    }
  }

  async #poll(): Promise<void> {
    // Before messages are received, because a message that waits for its invocation uses up its visibility timeout.
    await this.#waitForFreeInvocation();
    await this.#collect();
    if (this.#buffer.length > 0) await this.#startNextInvocation();
  }

  async #waitForFreeInvocation(): Promise<void> {
    while (this.#invocations.size >= this.#options.maximumConcurrency) await Promise.race(this.#invocations);
  }

  /** Fills the buffer until a batch is complete, its window is over, or not even one message has arrived. */
  async #collect(): Promise<void> {
    let deadline = Number.POSITIVE_INFINITY;
    while (!this.#polling.isStopping && !this.#buffer.isFull && performance.now() < deadline) {
      if (this.#buffer.length > 0) deadline = Math.min(deadline, this.#windowEnd());
      const received = await this.#receive(Math.min(LONG_POLL_SECONDS, (deadline - performance.now()) / 1000));
      // SQS waits for whole seconds only; this waits for the rest of the window.
      if (received === 0 && this.#buffer.length > 0) await sleep(WINDOW_POLL_MILLISECONDS);
      if (this.#buffer.length > 0) deadline = Math.min(deadline, this.#windowEnd());
    }
  }

  #windowEnd(): number {
    return performance.now() + this.#options.batchWindowSeconds * 1000;
  }

  /** @returns the number of received messages */
  async #receive(patienceSeconds: number): Promise<number> {
    const { sqs, queueUrl, batchSize } = this.#options;
    const missing = batchSize - this.#buffer.length;
    const calls = Math.min(PARALLEL_RECEIVES, Math.ceil(missing / PAGE_SIZE));
    const pages = await Promise.all(
      Array.from({ length: calls }, (_, call) =>
        sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: Math.min(PAGE_SIZE, missing - call * PAGE_SIZE),
            // Only one call waits: the others are for messages that are already available.
            WaitTimeSeconds: call === 0 ? Math.max(0, Math.floor(patienceSeconds)) : 0,
            MessageSystemAttributeNames: ['All'],
            MessageAttributeNames: ['All'],
          }),
        ),
      ),
    );
    const messages = pages.flatMap((page) => page.Messages ?? []);
    for (const message of messages) this.#buffer.add(toSqsRecord(message, this.#options));
    return messages.length;
  }

  async #startNextInvocation(): Promise<void> {
    await this.#waitForFreeInvocation();
    const invocation = this.#run(this.#buffer.take())
      .catch(this.#polling.fail)
      .finally(() => this.#invocations.delete(invocation));
    this.#invocations.add(invocation);
  }

  async #run(records: readonly SQSRecord[]): Promise<void> {
    const outcome = await this.#invoke(records);
    if (outcome.kind === 'answered') {
      await this.#delete(records.filter((record) => !outcome.failedIds.has(record.messageId)));
    }
    this.#options.onInvocation?.({ messages: records.length, outcome });
  }

  async #invoke(records: readonly SQSRecord[]): Promise<BatchOutcome> {
    try {
      const response = await this.#options.invoke({ Records: [...records] });
      return readBatchResponse(response, new Set(records.map((record) => record.messageId)));
    } catch (error) {
      // Thrown, timed out or killed: all the same to Lambda, and the messages stay in the queue.
      return { kind: 'whole batch failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #delete(records: readonly SQSRecord[]): Promise<void> {
    for (let start = 0; start < records.length; start += PAGE_SIZE) {
      const page = records.slice(start, start + PAGE_SIZE);
      // An entry fails if its receipt handle is no longer valid: its message has been redelivered, which is acceptable.
      await this.#options.sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: this.#options.queueUrl,
          Entries: page.map((record, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle })),
        }),
      );
    }
  }
}
