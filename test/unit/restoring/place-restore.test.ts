import { describe, expect, test } from '@jest/globals';
import { RestoringSpeed } from '../../../src/limits/restoring-speed.ts';
import type { FallbackQueue, QueueMessage } from '../../../src/messages/message-queue.ts';
import { archiveOf, INBOUND, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

class RecordingFallback implements FallbackQueue {
  readonly sent: string[] = [];

  send(messages: readonly QueueMessage[]): Promise<ReadonlySet<string>> {
    this.sent.push(...messages.map(({ messageId }) => messageId));
    return Promise.resolve(new Set(this.sent));
  }
}

/** Predicts what the test says, and records what it is taught. */
class FixedSpeed extends RestoringSpeed {
  readonly lessons: number[] = [];
  readonly #seconds: number;

  constructor(seconds: number) {
    super(1);
    this.#seconds = seconds;
  }

  override predict(): number {
    return this.#seconds;
  }

  override learn(work: Parameters<RestoringSpeed['learn']>[0]): void {
    this.lessons.push(work.bytes);
  }
}

/** An invocation has 600 s: 20 are reserved to begin, 5 to end. `left` is what this one has once the archive is open. */
async function restore({
  seconds,
  fallback = true,
  left = 600,
}: {
  seconds: number;
  fallback?: boolean;
  left?: number;
}) {
  const queue = new RecordingFallback();
  const speed = new FixedSpeed(seconds);
  const times = [600, 600, 600];
  const region = new TargetRegion({
    dependencies: {
      speed,
      remainingMilliseconds: () => 1000 * (times.shift() ?? left),
      ...(fallback ? { fallback: queue } : {}),
    },
  });
  const message = await region.arrive(archiveOf([textObject('a', 'body')]));
  const { batchItemFailures } = await region.process(message);
  return { region, queue, speed, message, returned: batchItemFailures.length };
}

describe('an archive', () => {
  test('that no invocation could restore goes to the fallback unattempted', async () => {
    const { region, queue, message, returned } = await restore({ seconds: 581 });
    expect(returned).toBe(0);
    expect(queue.sent).toEqual([message.messageId]);
    expect(region.store.keys(TARGET)).toEqual([]);
    expect(region.store.keys(INBOUND)).toHaveLength(1);
    expect(region.calls.counts.put).toBe(0);
  });

  test('that this invocation has no time to restore is requeued unattempted', async () => {
    const { region, queue, message, returned } = await restore({ seconds: 300, left: 200 });
    expect(returned).toBe(0);
    expect(queue.sent).toEqual([]);
    expect(region.queue.again.map(({ messageId }) => messageId)).toEqual([message.messageId]);
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('that fits is restored, and its duration is learned', async () => {
    const { region, queue, speed } = await restore({ seconds: 580 });
    expect(queue.sent).toEqual([]);
    expect(region.text('a')).toBe('body');
    expect(speed.lessons).toEqual([4]);
  });

  test('that is slow is restored here if there is no fallback, since each attempt gets further', async () => {
    const { region, returned } = await restore({ seconds: 10_000, fallback: false });
    expect(returned).toBe(0);
    expect(region.text('a')).toBe('body');
  });
});
