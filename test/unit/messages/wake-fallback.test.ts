import { expect, test } from '@jest/globals';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { WakingFallbackQueue } from '../../../src/messages/wake-fallback.ts';
import { queueMessage } from '../../support/notifications.ts';

/** A fallback queue and its service, and the calls to them in order. */
function openQueue(wake: () => Promise<void> = () => Promise.resolve()) {
  const seen: string[] = [];
  const failures: string[] = [];
  const clock = { milliseconds: 1_000 };
  const refused = new Set<string>();
  const queue = new WakingFallbackQueue({
    queue: {
      send: (messages: readonly QueueMessage[]) => {
        seen.push('sent');
        const accepted = messages.filter(({ messageId }) => !refused.has(messageId));
        return Promise.resolve(new Set(accepted.map(({ messageId }) => messageId)));
      },
    },
    service: {
      wake: () => {
        seen.push('woken');
        return wake();
      },
    },
    now: () => clock.milliseconds,
    onFailure: ({ code }) => failures.push(code),
  });
  return { queue, seen, failures, clock, refused };
}

test('WakingFallbackQueue wakes the service after the messages are in the queue', async () => {
  const { queue, seen } = openQueue();
  const message = queueMessage('body');
  expect(await queue.send([message])).toEqual(new Set([message.messageId]));
  expect(seen).toEqual(['sent', 'woken']);
});

test('WakingFallbackQueue wakes the service at most once a minute', async () => {
  const { queue, seen, clock } = openQueue();
  await queue.send([queueMessage('1')]);
  clock.milliseconds += 59_999;
  await queue.send([queueMessage('2')]);
  expect(seen).toEqual(['sent', 'woken', 'sent']);
  clock.milliseconds += 1;
  await queue.send([queueMessage('3')]);
  expect(seen).toEqual(['sent', 'woken', 'sent', 'sent', 'woken']);
});

test('WakingFallbackQueue does not wake the service if the queue accepted no message', async () => {
  const { queue, seen, refused } = openQueue();
  const message = queueMessage('body');
  refused.add(message.messageId);
  expect(await queue.send([message])).toEqual(new Set());
  expect(seen).toEqual(['sent']);
});

test('WakingFallbackQueue accepts the messages and reports the failure if the service cannot be woken', async () => {
  const { queue, failures } = openQueue(() => Promise.reject(new Error('no such service')));
  const message = queueMessage('body');
  expect(await queue.send([message])).toEqual(new Set([message.messageId]));
  expect(failures).toEqual(['UNEXPECTED']);
});
