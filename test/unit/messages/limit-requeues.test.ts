import { describe, expect, test } from '@jest/globals';
import { UnexpectedError } from '../../../src/errors.ts';
import { limitRequeues, MAX_REQUEUES } from '../../../src/messages/limit-requeues.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import type { MessageOutcome } from '../../../src/messages/outcome.ts';
import { queueMessage } from '../../support/notifications.ts';

const again: MessageOutcome = { kind: 'again' };
const retry: MessageOutcome = { kind: 'retry', reason: new UnexpectedError('no') };
const settle = (...settled: [QueueMessage, MessageOutcome][]) =>
  limitRequeues(settled.map(([message, outcome]) => ({ message, outcome }))).map(({ message, outcome }) => [
    message.turns,
    outcome.kind,
  ]);
const waited = (turns: number): QueueMessage => ({ ...queueMessage('a'), turns });

describe('a message that an invocation does not reach', () => {
  test('is requeued a few times without progress, then retried like one that failed', () => {
    let [message, requeues] = [queueMessage('a'), 0];
    for (;;) {
      const [first] = limitRequeues([{ message, outcome: again }]);
      if (first?.outcome.kind !== 'again') {
        expect(first?.outcome).toMatchObject({ kind: 'retry', reason: { code: 'TURN_NOT_REACHED', retryable: true } });
        break;
      }
      requeues += 1;
      message = first.message;
    }
    expect(requeues).toBe(MAX_REQUEUES);
    // Lambda's own limit, which must be above ours.
    expect(MAX_REQUEUES).toBeLessThan(16);
  });

  test.each<[string, MessageOutcome]>([
    ['packed', { kind: 'done' }],
    ['refused', { kind: 'refused', reason: new UnexpectedError('no') }],
    ['handed to the fallback', { kind: 'over-limits', reason: new UnexpectedError('no') }],
  ])('starts counting again if another message was %s, so that waiting is not a failed attempt', (_, outcome) => {
    expect(settle([waited(MAX_REQUEUES), again], [queueMessage('b'), outcome])[0]).toEqual([0, 'again']);
  });

  test('is counted if the other messages also fail or wait', () => {
    const neighbors: [QueueMessage, MessageOutcome][] = [
      [queueMessage('b'), retry],
      [waited(MAX_REQUEUES), { kind: 'later', seconds: 9 }],
    ];
    expect(settle([waited(3), again], ...neighbors)).toEqual([
      [4, 'again'],
      [undefined, 'retry'],
      [MAX_REQUEUES, 'later'],
    ]);
  });

  test('is not counted while another attempt owns its archive', () => {
    const inWork: MessageOutcome = { kind: 'again', seconds: 180 };
    expect(settle([waited(MAX_REQUEUES), inWork])).toEqual([[MAX_REQUEUES, 'again']]);
  });
});

test('a message requeued because of an outage tells the next attempt that it was tried, whatever else succeeds', () => {
  const outage: MessageOutcome = { kind: 'again', seconds: 120, reason: new UnexpectedError('outage') };
  const done: [QueueMessage, MessageOutcome] = [queueMessage('b'), { kind: 'done' }];
  expect(settle([queueMessage('a'), outage], done)[0]).toEqual([1, 'again']);
  expect(settle([waited(MAX_REQUEUES), outage])).toEqual([[MAX_REQUEUES, 'again']]);
});
