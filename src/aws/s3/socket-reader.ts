import type { OnReadOpts, Socket } from 'node:net';

/** Bytes that one read of a socket takes at most; TLS hands over 16 KiB at a time. */
const BUFFER_BYTES = 256 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const LETTER_H = 0x48;
const DIGIT_1 = 0x31;
/** Where the status stands in `HTTP/1.1 200 OK`. */
const STATUS_AT = 9;

/** All sockets read into it, one after the other: what a read brings is used before the next one begins. */
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
let isDelivering = false;

/**
 * Reads a socket of an undici client into one reused buffer. Node would allocate 64 KiB for each chunk, and collecting that
 * garbage was a fifth of the CPU time of packing at level 3.
 *
 * undici's parser takes a chunk with `read` as soon as it hears `readable`, and is done with it when it asks for the next.
 * Three things outlive a chunk and are copied: heads of answers, of which the parser keeps slices until the head is
 * complete; what a paused parser puts back; and what nobody takes.
 */
export class SocketReader {
  /** For the options of `net.connect` or `tls.connect`. */
  readonly onread: OnReadOpts = { buffer, callback: (length) => this.#receive(buffer.subarray(0, length)) };
  #socket: Socket | undefined;
  /** What has just arrived and was not taken yet. */
  readonly #fresh: Buffer[] = [];
  #phase: 'head' | 'body' | 'copied' = 'head';

  /** Must be called before anyone else listens to the socket. */
  attach(socket: Socket): void {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    const unshift = socket.unshift.bind(socket);
    const write = socket.write.bind(socket) as (...parameters: unknown[]) => boolean;
    socket.read = (size?: number): unknown => {
      const isNext = size === undefined && socket.readableLength === 0;
      return (isNext ? this.#fresh.shift() : undefined) ?? (read(size) as unknown);
    };
    socket.unshift = (chunk: Uint8Array): void => {
      unshift(Buffer.from(chunk));
    };
    // Without pipelining, what comes after a request begins with the head of its answer.
    socket.write = (...parameters: unknown[]): boolean => {
      this.#phase = 'head';
      return write(...parameters);
    };
  }

  /** @returns whether the socket is to be read on */
  #receive(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (!socket) throw new TypeError('A socket was read before anyone was attached to it');
    // Cannot happen, since reads come from the event loop. If it did, bytes of one answer would be in another one.
    if (isDelivering) throw new TypeError('A socket was read while the bytes of another one were in use');
    isDelivering = true;
    try {
      this.#keepHead(bytes);
      socket.emit('readable');
      return socket.destroyed || this.#keepRest(socket);
    } finally {
      this.#fresh.length = 0;
      isDelivering = false;
    }
  }

  #keepHead(bytes: Buffer): void {
    if (this.#phase === 'head') {
      const end = bytes.indexOf(HEAD_END) + HEAD_END.length;
      const isWhole = end >= HEAD_END.length && bytes[0] === LETTER_H && bytes[STATUS_AT] !== DIGIT_1;
      // A head in several reads, or several heads: rare enough to copy the whole answer.
      this.#phase = isWhole ? 'body' : 'copied';
      if (isWhole) {
        this.#fresh.push(Buffer.from(bytes.subarray(0, end)));
        if (end < bytes.length) this.#fresh.push(bytes.subarray(end));
        return;
      }
    }
    this.#fresh.push(this.#phase === 'body' ? bytes : Buffer.from(bytes));
  }

  /** Queues what was not taken, as Node would have done, and says whether there is room for more. */
  #keepRest(socket: Socket): boolean {
    let hasRoom = true;
    for (const bytes of this.#fresh) hasRoom = socket.push(Buffer.from(bytes));
    return hasRoom;
  }
}
