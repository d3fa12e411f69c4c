import { KIB } from '../../units.ts';
import { malformedError } from './errors.ts';

const LINE_FEED = 0x0a;
/** S3's size lines and trailers are never longer than this. */
const MAX_LINE = 16 * KIB;
const SIZE = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i;

/** A body in chunks (RFC 9112, 7.1). Trailers are read and dropped. */
export class ChunkedBody {
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' = 'size';
  #left = 0;
  #line = '';

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /**
   * Passes the data on, without the framing.
   * @returns how many of the bytes belong to this body
   * @throws HttpError
   */
  push(bytes: Buffer, take: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left);
        take(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = 'data-end';
      } else {
        const feed = bytes.indexOf(LINE_FEED, at);
        const end = feed < 0 ? bytes.length : feed + 1;
        this.#line += bytes.toString('latin1', at, end);
        if (this.#line.length > MAX_LINE) throw malformedError('a chunk has no size');
        at = end;
        if (feed >= 0) this.#endLine();
      }
    }
    return at;
  }

  #endLine(): void {
    if (!this.#line.endsWith('\r\n')) throw malformedError('a line between chunks does not end in CRLF');
    const line = this.#line.slice(0, -2);
    this.#line = '';
    if (this.#state === 'size') {
      const [, size] = SIZE.exec(line) ?? [];
      if (size === undefined) throw malformedError(`a chunk has the size ${JSON.stringify(line.slice(0, 100))}`);
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'data';
    } else if (this.#state === 'data-end') {
      if (line !== '') throw malformedError('a chunk is longer than its size');
      this.#state = 'size';
    } else if (line === '') {
      this.#state = 'done';
    }
  }
}
