import { describe, expect, test } from '@jest/globals';
import type { CompressorError } from '../../../src/errors.ts';
import { UnexpectedError } from '../../../src/errors.ts';
import { InvalidMessageError } from '../../../src/messages/errors.ts';
import type { FallbackQueue, QueueMessage } from '../../../src/messages/message-queue.ts';
import { type MessageOutcome, worstOutcome } from '../../../src/messages/outcome.ts';
import { type FailureFate, settleBatch } from '../../../src/messages/settle-batch.ts';
import { MemoryMessageQueue } from '../../support/memory-message-queue.ts';
import { queueMessage } from '../../support/notifications.ts';

const retry: MessageOutcome = { kind: 'retry', reason: new UnexpectedError('try again') };
const refused: MessageOutcome = { kind: 'refused', reason: new InvalidMessageError('cannot be read') };
const overLimits: MessageOutcome = { kind: 'over-limits', reason: new InvalidMessageError('too large') };

function batch() {
  const queue = new MemoryMessageQueue();
  const failures: CompressorError[] = [];
  const fates: [messageId: string, code: string, fate: FailureFate][] = [];
  const options = {
    queue,
    maxReceives: 5,
    random: () => 0,
    onQueueFailure: (error: CompressorError) => failures.push(error),
    onFailure: ({ messageId }: QueueMessage, { code }: CompressorError, fate: FailureFate) => {
      fates.push([messageId, code, fate]);
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
  test('acknowledges what is done and touches the queue for nothing', async () => {
    const { queue, settle } = batch();
    expect(await settle([queueMessage('a'), { kind: 'done' }])).toEqual([]);
    expect([queue.again, queue.letters, queue.delays]).toEqual([[], [], []]);
  });

  test('returns a failed message and sets its back-off, doubled with each receive, at most 15 minutes', async () => {
    const { queue, settle, options } = batch();
    const messages = [1, 2, 4].map((count) => queueMessage('a', count));
    const ids = await settle(...messages.map((message): [QueueMessage, MessageOutcome] => [message, retry]));
    expect(ids).toEqual(messages.map(({ messageId }) => messageId));
    expect(queue.delays.map(({ seconds }) => seconds)).toEqual([30, 60, 240]);
    options.maxReceives = 100;
    await settle([queueMessage('a', 50), retry]);
    expect(queue.delays.at(-1)?.seconds).toBe(900);
  });

  test('takes off up to half of the back-off at random', async () => {
    const { queue, settle, options } = batch();
    options.random = () => 0.999;
    await settle([queueMessage('a', 1), retry]);
    expect(queue.delays[0]?.seconds).toBe(15);
  });

  test('returns what is due later, and hides it until then, however often it was received', async () => {
    const { queue, settle } = batch();
    const [first, last] = [queueMessage('a', 1), queueMessage('b', 5)];
    const later: MessageOutcome = { kind: 'later', seconds: 240 };
    expect(await settle([first, later], [last, later])).toEqual([first.messageId, last.messageId]);
    expect(queue.delays.map(({ seconds }) => seconds)).toEqual([240, 240]);
    expect(queue.letters).toEqual([]);
  });

  test('requeues what has to wait, each to be seen when it is due, and acknowledges it', async () => {
    const { queue, settle } = batch();
    const [now, soon, also, late] = ['a', 'b', 'c', 'd'].map((body) => queueMessage(body, 5));
    if (!now || !soon || !also || !late) throw new Error('Four messages were made');
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

  test('dead-letters what cannot succeed, with its reason, and acknowledges it', async () => {
    const { queue, settle } = batch();
    const message = queueMessage('rubbish');
    expect(await settle([message, refused])).toEqual([]);
    expect(queue.letters).toEqual([{ message, reason: (refused as { reason: CompressorError }).reason }]);
  });

  test('dead-letters on the last receive itself, since the redrive of SQS would not say why', async () => {
    const { queue, settle } = batch();
    const message = queueMessage('a', 5);
    expect(await settle([message, retry])).toEqual([]);
    expect(queue.letters.map(({ reason }) => reason.code)).toEqual(['UNEXPECTED']);
  });

  test('requeues a message whose turn did not come, so that waiting is not a failed attempt', async () => {
    const { queue, settle } = batch();
    const message = queueMessage('a', 4);
    expect(await settle([message, { kind: 'again' }])).toEqual([]);
    expect(queue.again).toEqual([message]);
  });

  test('sends what exceeds the limits to the fallback queue, and dead-letters it where there is none', async () => {
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

  test('returns every message that the queue did not take, and its neighbors not', async () => {
    const { queue, settle } = batch();
    const [kept, lost] = [queueMessage('a'), queueMessage('b')];
    queue.rejected.add(lost.messageId);
    expect(await settle([kept, { kind: 'again' }], [lost, { kind: 'again' }])).toEqual([lost.messageId]);
    expect(await settle([lost, refused])).toEqual([lost.messageId]);
  });

  test('returns everything that was due when the queue cannot be reached, and reports it', async () => {
    const { queue, settle, failures } = batch();
    queue.broken.add('deadLetter').add('requeue').add('retryAfter');
    const messages = [queueMessage('a'), queueMessage('b'), queueMessage('c')] as const;
    const ids = await settle([messages[0], refused], [messages[1], { kind: 'again' }], [messages[2], retry]);
    expect(ids.toSorted()).toEqual(messages.map(({ messageId }) => messageId).toSorted());
    expect(failures).toHaveLength(3);
  });
});

/** Takes all messages but those that it is told to refuse. */
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
  test('that does not take a message leaves it in the queue, and its neighbors acknowledged', async () => {
    const { options } = batch();
    const [taken, refusedOne] = [queueMessage('a'), queueMessage('b')];
    const settled = [taken, refusedOne].map((message) => ({ message, outcome: overLimits }));
    const { batchItemFailures } = await settleBatch(settled, { ...options, fallback: new PickyFallback(refusedOne) });
    expect(batchItemFailures).toEqual([{ itemIdentifier: refusedOne.messageId }]);
  });

  test('that cannot be reached leaves every message in the queue', async () => {
    const { options, failures } = batch();
    const message = queueMessage('a');
    const fallback = { send: () => Promise.reject(new Error('no route')) };
    const { batchItemFailures } = await settleBatch([{ message, outcome: overLimits }], { ...options, fallback });
    expect(batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(failures).toHaveLength(1);
  });
});

describe('the fate that is told', () => {
  test('is the one that was decided, not the one that the error suggests', async () => {
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

  test('is the fallback only for what the fallback queue has taken', async () => {
    const { fates, options } = batch();
    const [taken, refusedOne] = [queueMessage('a'), queueMessage('b')];
    const settled = [taken, refusedOne].map((message) => ({ message, outcome: overLimits }));
    await settleBatch(settled, { ...options, fallback: new PickyFallback(refusedOne) });
    expect(fates.map(([id, , fate]) => [id, fate])).toEqual([
      [taken.messageId, 'fallback'],
      [refusedOne.messageId, 'returned'],
    ]);
  });

  test('is a return where the dead-letter queue did not take it', async () => {
    const { fates, settle, queue } = batch();
    queue.broken.add('deadLetter');
    await settle([queueMessage('a', 5), retry], [queueMessage('b'), refused]);
    expect(fates.map(([, , fate]) => fate)).toEqual(['returned', 'returned']);
  });
});

describe('worstOutcome', () => {
  test('gives a message of several objects the fate of the one that is worst off', () => {
    const again: MessageOutcome = { kind: 'again' };
    expect(worstOutcome([{ kind: 'done' }, refused])).toBe(refused);
    expect(worstOutcome([refused, overLimits])).toBe(overLimits);
    expect(worstOutcome([again, overLimits])).toBe(again);
    expect(worstOutcome([refused, retry, again])).toBe(retry);
    expect(worstOutcome([])).toEqual({ kind: 'done' });
  });
});
