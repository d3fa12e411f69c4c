import type { MessageOutcome } from '../messages/outcome.ts';
import { isProvenOlder } from '../messages/sequencer.ts';
import type { BatchLedger } from './batch-ledger.ts';
import type { PackItem, WrittenObject } from './collect-objects.ts';

/** Writes to one key, each of which may be the stored one, since the presumed last write was not packed. */
export type AmbiguousWrites = readonly WrittenObject[];

const DONE_HERE: MessageOutcome = { kind: 'done' };

/**
 * Turns the result of an item into the outcomes of its messages, and of those of earlier writes to its key.
 *
 * | the item                                        | earlier by sequencer | earlier by time, or a tie   |
 * |-------------------------------------------------|----------------------|-----------------------------|
 * | done: packed, or read and found not to need it  | done                 | done                        |
 * | gone (NoSuchKey)                                | done                 | done                        |
 * | again, retry                                    | the same             | the same                    |
 * | changed (412): another version is stored        | done                 | undecided: checked again    |
 * | refused, over the limits                        | done                 | undecided: checked again    |
 *
 * Sequencers prove that a write was overwritten, regardless of the result of the later one. Times and ties prove
 * nothing: the presumed earlier write may be the stored version, and only reading the other one shows that it is not.
 */
export class ItemSettlement {
  readonly #ledger: BatchLedger;
  #undecided: AmbiguousWrites[] = [];

  constructor(ledger: BatchLedger) {
    this.#ledger = ledger;
  }

  settle(item: PackItem, outcome: MessageOutcome): void {
    const isShared = outcome.kind === 'retry' || outcome.kind === 'again';
    item.messages.forEach((message, index) => {
      // A duplicate event is one problem, not two: only one of the messages gets the outcome.
      this.#ledger.note(message, index === 0 || isShared ? outcome : DONE_HERE);
    });
    if (outcome.kind === 'refused' || outcome.kind === 'over-limits') this.#decideLater(item);
    else for (const { message } of item.superseded) this.#ledger.note(message, isShared ? outcome : DONE_HERE);
  }

  /** The key holds a version other than the one in the item's event. */
  settleChanged(item: PackItem): void {
    for (const message of item.messages) this.#ledger.note(message, DONE_HERE);
    this.#decideLater(item);
  }

  /** Settles one of the undecided writes. */
  settleWrite({ message }: WrittenObject, outcome: MessageOutcome): void {
    this.#ledger.note(message, outcome);
  }

  /** A list per key; each is returned once. */
  takeUndecided(): AmbiguousWrites[] {
    const undecided = this.#undecided;
    this.#undecided = [];
    return undecided;
  }

  #decideLater({ object, superseded }: PackItem): void {
    const undecided: WrittenObject[] = [];
    for (const write of superseded) {
      if (isProvenOlder(write.object, object)) this.settleWrite(write, DONE_HERE);
      else undecided.push(write);
    }
    if (undecided.length > 0) this.#undecided.push(undecided);
  }
}
