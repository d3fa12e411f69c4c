import { describe, expect, test } from '@jest/globals';
import { UnexpectedError } from '../../../src/errors.ts';
import { boundTurns, MAX_TURNS } from '../../../src/messages/bound-turns.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import type { MessageOutcome } from '../../../src/messages/outcome.ts';
import { queueMessage } from '../../support/notifications.ts';

const again: MessageOutcome = { kind: 'again' };
const retry: MessageOutcome = { kind: 'retry', reason: new UnexpectedError('no') };
const settle = (...settled: [QueueMessage, MessageOutcome][]) =>
  boundTurns(settled.map(([message, outcome]) => ({ message, outcome }))).map(({ message, outcome }) => [
    message.turns,
    outcome.kind,
  ]);
const waited = (turns: number): QueueMessage => ({ ...queueMessage('a'), turns });

describe('a message that an invocation does not reach', () => {
  test('is requeued a few times without progress, then retried like one that failed', () => {
    let [message, requeues] = [queueMessage('a'), 0];
    for (;;) {
      const [first] = boundTurns([{ message, outcome: again }]);
      if (first?.outcome.kind !== 'again') {
        expect(first?.outcome).toMatchObject({ kind: 'retry', reason: { code: 'TURN_NOT_REACHED', retryable: true } });
        break;
      }
      requeues += 1;
      message = first.message;
    }
    expect(requeues).toBe(MAX_TURNS);
    // Lambda's own limit, which must be above ours.
    expect(MAX_TURNS).toBeLessThan(16);
  });

  test.each<[string, MessageOutcome]>([
    ['packed', { kind: 'done' }],
    ['refused', { kind: 'refused', reason: new UnexpectedError('no') }],
    ['handed to the fallback', { kind: 'over-limits', reason: new UnexpectedError('no') }],
  ])('starts counting again if another message was %s, so that waiting is not a failed attempt', (_, outcome) => {
    expect(settle([waited(MAX_TURNS), again], [queueMessage('b'), outcome])[0]).toEqual([0, 'again']);
  });

  test('is counted if the other messages also fail or wait', () => {
    const neighbors: [QueueMessage, MessageOutcome][] = [
      [queueMessage('b'), retry],
      [waited(MAX_TURNS), { kind: 'later', seconds: 9 }],
    ];
    expect(settle([waited(3), again], ...neighbors)).toEqual([
      [4, 'again'],
      [undefined, 'retry'],
      [MAX_TURNS, 'later'],
    ]);
  });

  test('is not counted while another attempt owns its archive', () => {
    const inWork: MessageOutcome = { kind: 'again', seconds: 180 };
    expect(settle([waited(MAX_TURNS), inWork])).toEqual([[MAX_TURNS, 'again']]);
  });
});

test('a message requeued because of an outage tells the next attempt that it was tried, whatever else succeeds', () => {
  const outage: MessageOutcome = { kind: 'again', seconds: 120, reason: new UnexpectedError('outage') };
  const done: [QueueMessage, MessageOutcome] = [queueMessage('b'), { kind: 'done' }];
  expect(settle([queueMessage('a'), outage], done)[0]).toEqual([1, 'again']);
  expect(settle([waited(MAX_TURNS), outage])).toEqual([[MAX_TURNS, 'again']]);
});
