/**
 * A fixed number of buffers of one size, recycled: it is the number that bounds memory, and recycling that keeps the
 * kernel from zeroing fresh pages for each frame (ten times the cost, docs/decisions/0002-buffers.md).
 * Whoever waits is served in order.
 */
export class BufferPool {
  readonly bufferSize: number;
  readonly count: number;
  readonly #idle: ArrayBuffer[] = [];
  readonly #waiting: ((buffer: ArrayBuffer) => void)[] = [];
  #unmade: number;

  /** @param bufferSize bytes of each buffer @param count how many there are; made when first needed */
  constructor(bufferSize: number, count: number) {
    this.bufferSize = bufferSize;
    this.count = count;
    this.#unmade = count;
  }

  /** A buffer with arbitrary content. Resolves when one is free; give it back with `release`. */
  acquire(): Promise<ArrayBuffer> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle);
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return Promise.resolve(new ArrayBuffer(this.bufferSize));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Returns a buffer to the pool. One that was lost with its worker is detached (0 bytes), and a new one takes its place. */
  release(buffer: ArrayBuffer): void {
    const whole = buffer.byteLength === this.bufferSize ? buffer : new ArrayBuffer(this.bufferSize);
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(whole);
    else next(whole);
  }
}
