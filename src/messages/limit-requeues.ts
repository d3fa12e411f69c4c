import { RequeueLimitError } from './errors.ts';
import type { SettledMessage } from './outcome.ts';

/**
 * A message is requeued this often in a row by batches that settled nothing. Lambda's detection of recursive loops, where it is not
 * switched off, drops an invocation after about 16 requeues.
 */
export const MAX_REQUEUES = 8;

/** Whether the message leaves its queue permanently. */
const SETTLED = new Set(['done', 'refused', 'over-limits']);

/**
 * Limits how often a message is requeued because an invocation did not reach it. As long as each batch settles
 * something, waiting is not a loop: the queue becomes shorter, and the count is reset. Without progress, the message is
 * returned like one that failed, and is finally dead-lettered with its reason.
 *
 * | outcome                            | the batch settled something | turns so far   | then                     |
 * |------------------------------------|-----------------------------|----------------|--------------------------|
 * | again                              | yes                         | any            | requeued, counted from 0 |
 * | again                              | no                          | < MAX_REQUEUES | requeued, counted        |
 * | again                              | no                          | MAX_REQUEUES   | retry: TURN_NOT_REACHED  |
 * | again when another attempt may end | any                         | any            | requeued, not counted    |
 * | again for a failure                | any                         | any            | requeued, at least 1     |
 * | any other                          | any                         | any            | unchanged                |
 *
 * In the fourth row the message waits for another attempt, whose lease ends within minutes if it makes no progress. In
 * the fifth, some of the work may be done: the count signals this to the next attempt, which would otherwise treat the
 * requeued message as new.
 */
export function limitRequeues(settled: readonly SettledMessage[]): SettledMessage[] {
  const hasProgress = settled.some(({ outcome }) => SETTLED.has(outcome.kind));
  return settled.map(({ message, outcome }) => {
    if (outcome.kind === 'again' && outcome.reason !== undefined) {
      return { message: { ...message, turns: Math.max(1, message.turns ?? 0) }, outcome };
    }
    if (outcome.kind !== 'again' || outcome.seconds !== undefined) return { message, outcome };
    const turns = hasProgress ? 0 : (message.turns ?? 0) + 1;
    if (turns <= MAX_REQUEUES) return { message: { ...message, turns }, outcome };
    const reason = new RequeueLimitError(
      `Message ${message.messageId} was not reached in ${MAX_REQUEUES} consecutive invocations, which settled nothing`,
      { context: { turns: MAX_REQUEUES } },
    );
    return { message, outcome: { kind: 'retry', reason } };
  });
}
