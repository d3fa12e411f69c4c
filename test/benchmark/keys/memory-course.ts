/** Resident memory in one part of a run. */
export interface MemoryPoint {
  /** Keys that were done when the part ended. */
  readonly keys: number;
  /** Since the run began. */
  readonly seconds: number;
  /** Highest resident memory of the part, in bytes. */
  readonly highest: number;
}

/** Follows resident memory over a run of so many keys, in parts of equal size. */
export class MemoryCourse {
  readonly points: MemoryPoint[] = [];
  readonly #partKeys: number;
  readonly #onPoint: (point: MemoryPoint) => void;
  readonly #begun = performance.now();
  #highest = 0;

  constructor(keys: number, parts: number, onPoint: (point: MemoryPoint) => void = () => undefined) {
    this.#partKeys = keys / parts;
    this.#onPoint = onPoint;
  }

  /** May be called often. */
  reach(keys: number): void {
    this.#highest = Math.max(this.#highest, process.memoryUsage.rss());
    if (keys < this.#partKeys * (this.points.length + 1)) return;
    const point = { keys, seconds: (performance.now() - this.#begun) / 1000, highest: this.#highest };
    this.points.push(point);
    this.#highest = 0;
    this.#onPoint(point);
  }
}
