/**
 * A fixed number of buffers of one size, recycled: the number limits memory, and recycling keeps the kernel from
 * zeroing fresh pages for each frame (ten times the cost, docs/decisions/0002-buffers.md). Waiting callers are served
 * in order.
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

  /** A buffer with arbitrary content. Resolves when one is free; return it with `release`. */
  acquire(): Promise<ArrayBuffer> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle);
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return Promise.resolve(new ArrayBuffer(this.bufferSize));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Returns a buffer to the pool. One that was lost with its worker is detached (0 bytes), and is replaced with a new
   * one.
   */
  release(buffer: ArrayBuffer): void {
    const whole = buffer.byteLength === this.bufferSize ? buffer : new ArrayBuffer(this.bufferSize);
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(whole);
    else next(whole);
  }
}
