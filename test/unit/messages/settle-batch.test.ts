import { describe, expect, test } from '@jest/globals';
import type { CompressorError } from '../../../src/errors.ts';
import { UnexpectedError } from '../../../src/errors.ts';
import { InvalidMessageError } from '../../../src/messages/errors.ts';
import type { FallbackQueue, QueueMessage } from '../../../src/messages/message-queue.ts';
import { type MessageOutcome, mostSevereOutcome } from '../../../src/messages/outcome.ts';
import { type FailureFate, settleBatch } from '../../../src/messages/settle-batch.ts';
import { MemoryMessageQueue } from '../../support/memory-message-queue.ts';
import { queueMessage } from '../../support/notifications.ts';

const retry: MessageOutcome = { kind: 'retry', reason: new UnexpectedError('try again') };
const refused: MessageOutcome = { kind: 'refused', reason: new InvalidMessageError('cannot be parsed') };
const overLimits: MessageOutcome = { kind: 'over-limits', reason: new InvalidMessageError('too large') };

function batch() {
  const queue = new MemoryMessageQueue();
  const failures: CompressorError[] = [];
  const fates: [messageId: string, code: string, fate: FailureFate][] = [];
  const options = {
    queue,
    maxReceives: 5,
    random: () => 0,
    telemetry: {
      queueFailed: (error: CompressorError) => failures.push(error),
      messageFailed: ({ messageId }: QueueMessage, { code }: CompressorError, fate: FailureFate) => {
        fates.push([messageId, code, fate]);
      },
    },
  };
  const settle = async (...settled: [QueueMessage, MessageOutcome][]) => {
    const response = await settleBatch(
      settled.map(([message, outcome]) => ({ message, outcome })),
      options,
    );
    return response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { queue, failures, fates, options, settle };
}

describe('settleBatch', () => {
  test('acknowledges a finished message without a request to the queue', async () => {
    const { queue, settle } = batch();
    expect(await settle([queueMessage('a'), { kind: 'done' }])).toEqual([]);
    expect([queue.again, queue.letters, queue.delays]).toEqual([[], [], []]);
  });

  test('returns a failed message with a back-off that doubles with each receive, up to 15 minutes', async () => {
    const { queue, settle, options } = batch();
    const messages = [1, 2, 4].map((count) => queueMessage('a', count));
    const ids = await settle(...messages.map((message): [QueueMessage, MessageOutcome] => [message, retry]));
    expect(ids).toEqual(messages.map(({ messageId }) => messageId));
    expect(queue.delays.map(({ seconds }) => seconds)).toEqual([30, 60, 240]);
    options.maxReceives = 100;
    await settle([queueMessage('a', 50), retry]);
    expect(queue.delays.at(-1)?.seconds).toBe(900);
  });

  test('shortens the back-off by up to half at random', async () => {
    const { queue, settle, options } = batch();
    options.random = () => 0.999;
    await settle([queueMessage('a', 1), retry]);
    expect(queue.delays[0]?.seconds).toBe(15);
  });

  test('returns a message that is due later, and hides it until then, however often it was received', async () => {
    const { queue, settle } = batch();
    const [first, last] = [queueMessage('a', 1), queueMessage('b', 5)];
    const later: MessageOutcome = { kind: 'later', seconds: 240 };
    expect(await settle([first, later], [last, later])).toEqual([first.messageId, last.messageId]);
    expect(queue.delays.map(({ seconds }) => seconds)).toEqual([240, 240]);
    expect(queue.letters).toEqual([]);
  });

  test('requeues messages that have to wait, each with its own delay, and acknowledges them', async () => {
    const { queue, settle } = batch();
    const [now, soon, also, late] = ['a', 'b', 'c', 'd'].map((body) => queueMessage(body, 5));
    if (!now || !soon || !also || !late) throw new Error('expected four messages');
    queue.rejected.add(also.messageId);
    const answer = settle(
      [soon, { kind: 'again', seconds: 60 }],
      [now, { kind: 'again' }],
      [late, { kind: 'again', seconds: 170 }],
      [also, { kind: 'again', seconds: 60 }],
    );
    expect(await answer).toEqual([also.messageId]);
    expect(queue.again.map(({ messageId }, index) => [messageId, queue.againAfter[index]])).toEqual([
      [soon.messageId, 60],
      [now.messageId, 0],
      [late.messageId, 170],
    ]);
    expect(queue.letters).toEqual([]);
  });

  test('dead-letters a message that cannot succeed, with the reason, and acknowledges it', async () => {
    const { queue, settle } = batch();
    const message = queueMessage('rubbish');
    expect(await settle([message, refused])).toEqual([]);
    expect(queue.letters).toEqual([{ message, reason: (refused as { reason: CompressorError }).reason }]);
  });

  test('dead-letters a message on its last receive, since SQS would not record the reason', async () => {
    const { queue, settle } = batch();
    const message = queueMessage('a', 5);
    expect(await settle([message, retry])).toEqual([]);
    expect(queue.letters.map(({ reason }) => reason.code)).toEqual(['UNEXPECTED']);
  });

  test('requeues a message that was not reached, so that waiting is not a failed attempt', async () => {
    const { queue, settle } = batch();
    const message = queueMessage('a', 4);
    expect(await settle([message, { kind: 'again' }])).toEqual([]);
    expect([queue.again, queue.againTurns]).toEqual([[message], [1]]);
  });

  test('sends a message over the limits to the fallback queue, or dead-letters it if there is none', async () => {
    const { queue, settle, options } = batch();
    await settle([queueMessage('a'), overLimits]);
    expect(queue.letters).toHaveLength(1);
    const sent: QueueMessage[] = [];
    const fallback = {
      send: (messages: readonly QueueMessage[]) => {
        sent.push(...messages);
        return Promise.resolve(new Set(messages.map(({ messageId }) => messageId)));
      },
    };
    const message = queueMessage('b');
    const response = await settleBatch([{ message, outcome: overLimits }], { ...options, fallback });
    expect(response.batchItemFailures).toEqual([]);
    expect(sent).toEqual([message]);
    expect(queue.letters).toHaveLength(1);
  });

  test('returns only the messages that the queue did not accept', async () => {
    const { queue, settle } = batch();
    const [kept, lost] = [queueMessage('a'), queueMessage('b')];
    queue.rejected.add(lost.messageId);
    expect(await settle([kept, { kind: 'again' }], [lost, { kind: 'again' }])).toEqual([lost.messageId]);
    expect(await settle([lost, refused])).toEqual([lost.messageId]);
  });

  test('returns all messages and reports the failure if the queue cannot be reached', async () => {
    const { queue, settle, failures } = batch();
    queue.broken.add('deadLetter').add('requeue').add('retryAfter');
    const messages = [queueMessage('a'), queueMessage('b'), queueMessage('c')] as const;
    const ids = await settle([messages[0], refused], [messages[1], { kind: 'again' }], [messages[2], retry]);
    expect(ids.toSorted()).toEqual(messages.map(({ messageId }) => messageId).toSorted());
    expect(failures).toHaveLength(3);
  });
});

/** Accepts all messages except the given ones. */
class PickyFallback implements FallbackQueue {
  readonly #refused: readonly QueueMessage[];

  constructor(...refused: readonly QueueMessage[]) {
    this.#refused = refused;
  }

  send(messages: readonly QueueMessage[]): Promise<ReadonlySet<string>> {
    const taken = messages.filter((message) => !this.#refused.includes(message));
    return Promise.resolve(new Set(taken.map(({ messageId }) => messageId)));
  }
}

describe('the fallback queue', () => {
  test('leaves in the source queue only the messages that it did not accept', async () => {
    const { options } = batch();
    const [taken, refusedOne] = [queueMessage('a'), queueMessage('b')];
    const settled = [taken, refusedOne].map((message) => ({ message, outcome: overLimits }));
    const { batchItemFailures } = await settleBatch(settled, { ...options, fallback: new PickyFallback(refusedOne) });
    expect(batchItemFailures).toEqual([{ itemIdentifier: refusedOne.messageId }]);
  });

  test('leaves every message in the source queue if it cannot be reached', async () => {
    const { options, failures } = batch();
    const message = queueMessage('a');
    const fallback = { send: () => Promise.reject(new Error('no route')) };
    const { batchItemFailures } = await settleBatch([{ message, outcome: overLimits }], { ...options, fallback });
    expect(batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(failures).toHaveLength(1);
  });
});

describe('the reported outcome of a message', () => {
  test('is what was decided, not what the error suggests', async () => {
    const { fates, settle } = batch();
    const [early, late, bad, big] = [queueMessage('a', 4), queueMessage('b', 5), queueMessage('c'), queueMessage('d')];
    await settle([early, retry], [late, retry], [bad, refused], [big, overLimits]);
    await settle([queueMessage('e'), { kind: 'done' }], [queueMessage('f'), { kind: 'again' }]);
    const waiting = queueMessage('g', 5);
    await settle([waiting, { kind: 'again', seconds: 120, reason: retry.reason }]);
    expect(fates).toEqual([
      [early.messageId, 'UNEXPECTED', 'retried'],
      [late.messageId, 'UNEXPECTED', 'dead-lettered'],
      [bad.messageId, 'MESSAGE_INVALID', 'dead-lettered'],
      [big.messageId, 'MESSAGE_INVALID', 'dead-lettered'],
      [waiting.messageId, 'UNEXPECTED', 'retried'],
    ]);
  });

  test('is the fallback only if the fallback queue accepted the message', async () => {
    const { fates, options } = batch();
    const [taken, refusedOne] = [queueMessage('a'), queueMessage('b')];
    const settled = [taken, refusedOne].map((message) => ({ message, outcome: overLimits }));
    await settleBatch(settled, { ...options, fallback: new PickyFallback(refusedOne) });
    expect(fates.map(([id, , fate]) => [id, fate])).toEqual([
      [taken.messageId, 'fallback'],
      [refusedOne.messageId, 'returned'],
    ]);
  });

  test('is a return if the dead-letter queue did not accept it', async () => {
    const { fates, settle, queue } = batch();
    queue.broken.add('deadLetter');
    await settle([queueMessage('a', 5), retry], [queueMessage('b'), refused]);
    expect(fates.map(([, , fate]) => fate)).toEqual(['returned', 'returned']);
  });
});

describe('mostSevereOutcome', () => {
  test('gives a message of several objects the worst outcome of any of them', () => {
    const again: MessageOutcome = { kind: 'again' };
    expect(mostSevereOutcome([{ kind: 'done' }, refused])).toBe(refused);
    expect(mostSevereOutcome([refused, overLimits])).toBe(overLimits);
    expect(mostSevereOutcome([again, overLimits])).toBe(again);
    expect(mostSevereOutcome([refused, retry, again])).toBe(retry);
    expect(mostSevereOutcome([])).toEqual({ kind: 'done' });
  });
});
