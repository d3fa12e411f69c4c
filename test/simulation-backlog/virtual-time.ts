import { setImmediate as nextTurn } from 'node:timers/promises';

interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/** A clock that jumps from one event to the next, in whole milliseconds: an hour of waiting takes no time. */
export class VirtualTime {
  #now: number;
  /** A binary heap by time: the earliest event comes first. */
  readonly #events: Event[] = [];

  /** @param start milliseconds since 1970 */
  constructor(start: number) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      this.at(this.#now + Math.round(milliseconds), resolve);
    });

  at(time: number, happen: () => void): void {
    const events = this.#events;
    events.push({ at: time, happen });
    let index = events.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#timeOf(parent) <= time) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Lets time pass until the work is done. @throws RangeError if no event is left that could finish it */
  async run(work: Promise<unknown>): Promise<void> {
    const state = { done: false };
    const end = work.finally(() => {
      state.done = true;
    });
    end.catch(() => undefined);
    for (;;) {
      // First finish everything that follows from the last event.
      await nextTurn();
      if (state.done) break;
      const next = this.#takeFirst();
      if (next === undefined) throw new RangeError('The simulation is stuck');
      this.#now = next.at;
      next.happen();
      while (this.#timeOf(0) === this.#now) this.#takeFirst()?.happen();
    }
    await end;
  }

  #takeFirst(): Event | undefined {
    const events = this.#events;
    const [first] = events;
    const last = events.pop();
    if (first === undefined || last === undefined || first === last) return first;
    events[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const smaller = this.#timeOf(left + 1) < this.#timeOf(left) ? left + 1 : left;
      if (this.#timeOf(smaller) >= last.at) return first;
      this.#swap(index, smaller);
      index = smaller;
    }
  }

  #timeOf(index: number): number {
    return this.#events[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(left: number, right: number): void {
    const [one, other] = [this.#events[left], this.#events[right]];
    if (one === undefined || other === undefined) return;
    this.#events[left] = other;
    this.#events[right] = one;
  }
}
