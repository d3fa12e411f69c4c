import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { UnexpectedError } from '../../../src/errors.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import type { BatchResponse } from '../../../src/messages/settle-batch.ts';
import type { ProcessMessage } from '../../../src/worker/ports.ts';
import { WorkerBench } from '../../support/worker-bench.ts';

const DONE: BatchResponse = { batchItemFailures: [] };
const succeed: ProcessMessage = () => Promise.resolve(DONE);

function returned({ messageId }: QueueMessage): BatchResponse {
  return { batchItemFailures: [{ itemIdentifier: messageId }] };
}

/** Work that lasts until the test ends it. */
class LongWork {
  readonly begun: QueueMessage[] = [];
  readonly #ends: ((response: BatchResponse) => void)[] = [];

  readonly process: ProcessMessage = (message) => {
    this.begun.push(message);
    return new Promise((resolve) => this.#ends.push(resolve));
  };

  end(response: BatchResponse = DONE): void {
    this.#ends.shift()?.(response);
  }
}

/** Work that lasts until it is interrupted, and is then requeued as the use cases do. */
const untilInterrupted: ProcessMessage = async (message, queue, signal) => {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
  const sent = await queue.requeue([message]);
  return sent.has(message.messageId) ? DONE : returned(message);
};

describe('a worker', () => {
  test('acknowledges messages that are done, and ends after it has been idle', async () => {
    const bench = new WorkerBench();
    const messages = bench.place(3);
    const run = bench.run([succeed]);
    await bench.clock.advance(65_000);
    expect(await run).toBe('idle');
    expect(bench.source.acknowledged).toEqual(messages.map(({ messageId }) => messageId));
    expect(bench.telemetry.ends).toEqual([['idle', 3]]);
  });

  test('ends with the first empty poll after the idle time, and not before', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const work = new LongWork();
    const run = bench.run([work.process]);
    await bench.clock.advance(300_000);
    expect(bench.telemetry.taken).toEqual([message?.messageId]);
    work.end();
    await bench.clock.advance(59_999);
    expect(bench.telemetry.ends).toEqual([]);
    await bench.clock.advance(1);
    expect(bench.telemetry.ends).toEqual([['idle', 1]]);
    expect(await run).toBe('idle');
  });

  test('waits for messages forever if no idle time is configured', async () => {
    const bench = new WorkerBench();
    const run = bench.run([succeed], { idleExitSeconds: 0 });
    await bench.clock.advance(600_000);
    expect(bench.telemetry.ends).toEqual([]);
    bench.stop();
    await bench.clock.advance(5_000);
    expect(await run).toBe('stopped');
  });

  test('processes one message per slot at a time', async () => {
    const bench = new WorkerBench();
    bench.place(5);
    const work = new LongWork();
    const run = bench.run([work.process, work.process]);
    await bench.clock.advance(1_000);
    expect(work.begun).toHaveLength(2);
    work.end();
    await bench.clock.advance(1_000);
    expect(work.begun).toHaveLength(3);
    for (let left = 0; left < 4; left += 1) {
      work.end();
      await nextTurn();
      await nextTurn();
    }
    await bench.clock.advance(120_000);
    expect(await run).toBe('idle');
    expect(bench.source.acknowledged).toHaveLength(5);
  });

  test('does not end while a message is in progress, however long the queue has been empty', async () => {
    const bench = new WorkerBench();
    bench.place(1);
    const work = new LongWork();
    const run = bench.run([work.process, work.process]);
    await bench.clock.advance(3_600_000);
    expect(bench.telemetry.ends).toEqual([]);
    // The other slot keeps polling the queue, and ECS is not told anything yet.
    expect(bench.source.polls).toBeGreaterThan(700);
    expect(bench.protections).not.toContain(0);
    work.end();
    await bench.clock.advance(70_000);
    expect(await run).toBe('idle');
  });

  test('keeps a message hidden only while it works on it', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const work = new LongWork();
    const run = bench.run([work.process]);
    await bench.clock.advance(1_000_000);
    expect(bench.queue.delays).toEqual(Array.from({ length: 10 }, () => ({ message, seconds: 300 })));
    expect(bench.telemetry.held).toEqual(Array.from({ length: 10 }, () => message?.messageId));
    work.end();
    await bench.clock.advance(1_000_000);
    expect(bench.queue.delays).toHaveLength(10);
    await run;
  });

  test('does not change a back-off that the work has set', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const fail: ProcessMessage = async (failed, queue) => {
      await queue.retryAfter([{ message: failed, seconds: 30 }]);
      // The heartbeat would be due several times before the work is over.
      await bench.clock.sleep(400_000, new AbortController().signal);
      return returned(failed);
    };
    const run = bench.run([fail]);
    await bench.clock.advance(500_000);
    await run;
    expect(bench.queue.delays).toEqual([{ message, seconds: 30 }]);
    expect(bench.source.acknowledged).toEqual([]);
    expect(bench.telemetry.ended).toEqual([[message?.messageId, 'returned', 400]]);
  });

  test('stops hiding a message that the work has dead-lettered', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const refuse: ProcessMessage = async (refused, queue) => {
      await queue.deadLetter([{ message: refused, reason: new UnexpectedError('no') }]);
      // The heartbeat would be due several times before the work is over.
      await bench.clock.sleep(400_000, new AbortController().signal);
      return DONE;
    };
    const run = bench.run([refuse]);
    await bench.clock.advance(500_000);
    await run;
    expect(bench.queue.delays).toEqual([]);
    expect(bench.queue.letters.map((letter) => letter.message)).toEqual([message]);
    expect(bench.source.acknowledged).toEqual([message?.messageId]);
  });

  test('stops hiding a message that the work has requeued', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const requeue: ProcessMessage = async (interrupted, queue) => {
      await queue.requeue([interrupted]);
      // The heartbeat would be due several times before the work is over.
      await bench.clock.sleep(400_000, new AbortController().signal);
      return DONE;
    };
    const run = bench.run([requeue]);
    await bench.clock.advance(500_000);
    await run;
    expect(bench.queue.delays).toEqual([]);
    expect(bench.queue.again).toEqual([message]);
  });

  test('requeues a message before SQS reaches its maximum of 12 hours, so that a new one resumes it', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const run = bench.run([untilInterrupted], { visibilitySeconds: 3_600 });
    await bench.clock.advance(11 * 3_600_000);
    expect(bench.queue.again).toEqual([]);
    await bench.clock.advance(3_600_000);
    expect(bench.queue.again).toEqual([message]);
    await bench.clock.advance(3_600_000);
    await run;
    expect(bench.source.acknowledged).toEqual([message?.messageId]);
  });

  test('takes no more messages once it is stopped, and ends after its work is requeued', async () => {
    const bench = new WorkerBench();
    const messages = bench.place(3);
    const run = bench.run([untilInterrupted, untilInterrupted], { idleExitSeconds: 0 });
    await bench.clock.advance(1_000);
    bench.stop();
    expect(await run).toBe('stopped');
    expect(bench.queue.again).toEqual(messages.slice(0, 2));
    expect(bench.source.acknowledged).toHaveLength(2);
    expect(bench.source.waiting).toEqual(messages.slice(2));
    expect(bench.telemetry.ends).toEqual([['stopped', 2]]);
  });

  test('releases a message at once if it cannot requeue it', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    bench.queue.rejected.add(message?.messageId ?? '');
    const delays: unknown[] = [];
    bench.queue.retryAfter = (asked) => {
      delays.push(...asked);
      return Promise.resolve(new Set<string>());
    };
    const run = bench.run([untilInterrupted]);
    await bench.clock.advance(1_000);
    bench.stop();
    expect(await run).toBe('stopped');
    expect(delays).toEqual([{ message, seconds: 0 }]);
    expect(bench.source.acknowledged).toEqual([]);
  });

  test('requeues a message from its last poll unattempted', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    bench.source.onHandOut = () => {
      bench.stop();
    };
    expect(await bench.run([succeed])).toBe('stopped');
    expect(bench.queue.again).toEqual([message]);
    expect(bench.source.acknowledged).toEqual([message?.messageId]);
    expect(bench.telemetry.taken).toEqual([]);
    expect(bench.telemetry.requeued).toEqual([message?.messageId]);
  });

  test('leaves a message from its last poll in the queue if it cannot be requeued', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    bench.queue.rejected.add(message?.messageId ?? '');
    bench.source.onHandOut = () => {
      bench.stop();
    };
    expect(await bench.run([succeed])).toBe('stopped');
    expect(bench.queue.again).toEqual([]);
    expect(bench.source.acknowledged).toEqual([]);
  });

  test('survives a queue that does not answer, and polls it with longer and longer pauses', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    bench.source.failures = 7;
    const run = bench.run([succeed], { idleExitSeconds: 10_000 });
    // Seven calls with pauses of 1 + 2 + 4 + 8 + 16 + 30 seconds.
    await bench.clock.advance(60_500);
    expect(bench.source.polls).toBe(6);
    await bench.clock.advance(30_600);
    expect(bench.source.acknowledged).toEqual([message?.messageId]);
    expect(bench.telemetry.errors).toHaveLength(7);
    // Once it has answered, the next pauses start short again.
    bench.source.failures = 1;
    await bench.clock.advance(5_000);
    expect(bench.telemetry.errors).toHaveLength(8);
    const { polls } = bench.source;
    await bench.clock.advance(1_000);
    expect(bench.source.polls).toBe(polls + 1);
    bench.stop();
    await bench.clock.advance(5_000);
    expect(await run).toBe('stopped');
  });

  test('backs off a message whose work throws, and continues', async () => {
    const bench = new WorkerBench();
    const [broken, sound] = bench.place(2, 3);
    const work: ProcessMessage = (message) =>
      message === broken ? Promise.reject(new TypeError('a bug')) : Promise.resolve(DONE);
    const run = bench.run([work], { idleExitSeconds: 1_000 });
    // The heartbeat of the failed message would be due several times.
    await bench.clock.advance(1_005_000);
    await run;
    expect(bench.queue.delays).toEqual([{ message: broken, seconds: 120 }]);
    expect(bench.source.acknowledged).toEqual([sound?.messageId]);
    expect(bench.telemetry.errors).toEqual([['work', 'UNEXPECTED']]);
  });
});

describe('the scale-in protection', () => {
  test('lasts from the first message until the queue is empty', async () => {
    const bench = new WorkerBench();
    bench.place(3);
    const run = bench.run([succeed]);
    await bench.clock.advance(70_000);
    await run;
    expect(bench.protections).toEqual([60, 0]);
  });

  test('is renewed well before it expires', async () => {
    const bench = new WorkerBench();
    bench.place(1);
    const work = new LongWork();
    const run = bench.run([work.process]);
    await bench.clock.advance(61 * 60_000);
    expect(bench.protections).toEqual([60, 60, 60, 60]);
    work.end();
    await bench.clock.advance(70_000);
    await run;
    expect(bench.protections.at(-1)).toBe(0);
  });

  test('is not renewed once the queue is empty', async () => {
    const bench = new WorkerBench();
    bench.place(1);
    const run = bench.run([succeed, succeed]);
    await bench.clock.advance(30_000);
    const dropped = bench.protections.length;
    expect(bench.protections.at(-1)).toBe(0);
    await bench.clock.advance(3_600_000);
    await run;
    expect(bench.protections).toHaveLength(dropped);
  });

  test('ends when the worker is stopped, even if its queue was never empty', async () => {
    const bench = new WorkerBench();
    bench.place(2);
    const run = bench.run([untilInterrupted]);
    await bench.clock.advance(1_000);
    expect(bench.protections).toEqual([60]);
    bench.stop();
    expect(await run).toBe('stopped');
    expect(bench.protections).toEqual([60, 0]);
  });

  test('may fail without stopping the work', async () => {
    const bench = new WorkerBench();
    const [message] = bench.place(1);
    const refuse = () => Promise.reject(new Error('deployment in progress'));
    const run = bench.run([succeed], { protection: { protect: refuse, release: refuse } });
    await bench.clock.advance(70_000);
    await run;
    expect(bench.source.acknowledged).toEqual([message?.messageId]);
    expect(bench.telemetry.errors).toEqual([
      ['protection', 'UNEXPECTED'],
      ['protection', 'UNEXPECTED'],
    ]);
  });

  test('is not requested outside ECS', async () => {
    const bench = new WorkerBench();
    bench.place(1);
    const run = bench.run([succeed], { protection: undefined });
    await bench.clock.advance(70_000);
    expect(await run).toBe('idle');
  });
});
