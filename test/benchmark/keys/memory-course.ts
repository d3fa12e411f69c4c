/** Resident memory in one part of a run. */
export interface MemoryPoint {
  /** Keys done by the end of the part. */
  readonly keys: number;
  /** Since the start of the run. */
  readonly seconds: number;
  /** Highest resident memory of the part, in bytes. */
  readonly highest: number;
}

/** Tracks resident memory over a run, in parts with the same number of keys. */
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
