import type { OnReadOpts, Socket } from 'node:net';
import { KIB, MIB } from '../../units.ts';
import { whenAborted } from './abort-listeners.ts';
import { HttpError } from './errors.ts';
import type { BodySink, HttpClient, HttpRequest, HttpResponse } from './exchange.ts';
import { createSocketOpener, type SocketOpener, type SocketOptions } from './open-socket.ts';
import { encodeRequestHead } from './request-head.ts';
import type { ResponseHeaders } from './response-headers.ts';
import { type ResponseListener, ResponseParser } from './response-parser.ts';

export interface SocketClientOptions extends SocketOptions {
  /** Milliseconds between two reads of a response's body. */
  readonly bodyTimeout: number;
}

/** Max bytes that one read of a socket returns; TLS hands over 16 KiB at a time. */
const BUFFER_BYTES = 256 * KIB;
/** All sockets read into it, one after the other: the bytes of a read are used before the next one begins. */
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
/** Milliseconds. If a socket was idle for longer, the server may close it just when it is reused. */
const MAX_IDLE = 4_000;
/** S3's error documents and upload results have a few kilobytes; anything larger is not from S3. */
const MAX_TEXT_BYTES = MIB;

/** Opens clients of one address. */
export type OpenClient = () => HttpClient;

/** Creates a function that opens clients of an origin; their sockets resume each other's TLS sessions. */
export function createClientOpener(origin: string, options: SocketClientOptions): OpenClient {
  const open = createSocketOpener(origin, options);
  const { host } = new URL(origin);
  return () => new SocketClient(host, open, options.bodyTimeout);
}

/**
 * HTTP/1.1 as S3 speaks it, over one socket, for a third of the CPU time of a general-purpose client: no streams, no
 * objects per header, and a socket that reads into one reused buffer. Node would allocate 64 KiB for each chunk, and
 * collecting that garbage was a fifth of the CPU time of packing at level 3.
 */
class SocketClient implements HttpClient {
  readonly #host: string;
  readonly #open: SocketOpener;
  readonly #bodyTimeout: number;
  readonly #parser = new ResponseParser();
  #socket: Socket | undefined;
  #isOpen = false;
  #idleSince = 0;
  #call: SocketCall | undefined;
  /** When the call under way has waited too long. */
  #deadline = 0;
  /** Fires now and then while there are calls, rather than being set for each. */
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;

  constructor(host: string, open: SocketOpener, bodyTimeout: number) {
    this.#host = host;
    this.#open = open;
    this.#bodyTimeout = bodyTimeout;
  }

  exchange(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      request.signal?.throwIfAborted();
      if (this.#call !== undefined) throw new TypeError('A connection has one exchange at a time');
      const head = encodeRequestHead(this.#host, request);
      const call = new SocketCall(request, head, resolve, reject, (reason) => {
        this.#fail(call, reason);
      });
      this.#call = call;
      if (this.#socket !== undefined && performance.now() - this.#idleSince > MAX_IDLE) this.#drop();
      if (this.#socket === undefined) this.#connect();
      else if (this.#isOpen) this.#send(this.#socket, call);
    });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (this.#call !== undefined) this.#fail(this.#call, new HttpError('CONNECTION_CLOSED', 'The client was closed'));
    if (socket === undefined || socket.closed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    this.#drop();
    await closed;
  }

  #connect(): void {
    const onread: OnReadOpts = {
      buffer,
      callback: (length) => {
        if (this.#socket === socket) this.#receive(socket, buffer.subarray(0, length));
        return true;
      },
    };
    this.#isOpen = false;
    const socket = this.#open(onread, () => {
      if (this.#socket !== socket || this.#call === undefined) return;
      this.#isOpen = true;
      this.#send(socket, this.#call);
    });
    this.#socket = socket;
    const lose = (error?: Error): void => {
      if (this.#socket === socket) this.#lose(error);
    };
    socket.on('error', lose);
    socket.on('end', lose);
    socket.on('close', () => {
      lose();
    });
  }

  #send(socket: Socket, { head, request }: SocketCall): void {
    const { method, body, headersTimeout } = request;
    this.#parser.expect(method, this.#call as ResponseListener);
    this.#waitUntil(performance.now() + headersTimeout);
    socket.ref();
    if (body === undefined || body.byteLength === 0) {
      socket.write(head, 'latin1');
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }

  #receive(socket: Socket, bytes: Buffer): void {
    const call = this.#call;
    // The server sent bytes without a request, or after its response: they belong to no call.
    if (call === undefined) {
      this.#drop();
      return;
    }
    try {
      const used = this.#parser.push(bytes);
      if (this.#parser.isIdle) this.#finish(socket, call, used === bytes.length);
      else if (this.#parser.isInBody) this.#waitUntil(performance.now() + this.#bodyTimeout);
    } catch (thrown) {
      this.#fail(call, thrown);
    }
  }

  #finish(socket: Socket, call: SocketCall, isExact: boolean): void {
    this.#call = undefined;
    this.#idleSince = performance.now();
    // A response that came before the whole request was sent leaves the connection in the middle of it.
    if (isExact && this.#parser.isPersistent && socket.writableLength === 0) socket.unref();
    else this.#drop();
    call.succeed();
  }

  /** The socket has ended. */
  #lose(error?: Error): void {
    const call = this.#call;
    try {
      if (error !== undefined) throw error;
      this.#parser.end();
      if (call !== undefined && !this.#isOpen) throw new HttpError('CONNECTION_CLOSED', 'No connection was made');
    } catch (thrown) {
      if (call === undefined) this.#drop();
      else this.#fail(call, thrown);
      return;
    }
    this.#drop();
    this.#call = undefined;
    call?.succeed();
  }

  #fail(call: SocketCall, reason: unknown): void {
    if (this.#call !== call) return;
    this.#call = undefined;
    this.#drop();
    call.fail(reason);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    socket?.destroy();
  }

  #waitUntil(deadline: number): void {
    this.#deadline = deadline;
    if (this.#timer !== undefined && this.#timerAt <= deadline) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Bytes that arrived while the thread was busy are read first.
      setImmediate(() => {
        this.#checkTime();
      });
    }, deadline - performance.now()).unref();
  }

  #checkTime(): void {
    const call = this.#call;
    // Until its socket is open, only the socket's own timeout applies to a call.
    if (call === undefined || !this.#isOpen || this.#timer !== undefined) return;
    if (performance.now() < this.#deadline) {
      this.#waitUntil(this.#deadline);
      return;
    }
    const error = this.#parser.isInBody
      ? new HttpError('BODY_TIMEOUT', 'The response body stalled')
      : new HttpError('HEADERS_TIMEOUT', `No response within ${call.request.headersTimeout} ms`);
    this.#fail(call, error);
  }
}

/** An exchange under way. */
class SocketCall implements ResponseListener {
  readonly request: HttpRequest;
  readonly head: string;
  readonly #resolve: (answer: HttpResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopWaiting: (() => void) | undefined;
  #answer: Pick<HttpResponse, 'status' | 'headers'> | undefined;
  #sink: BodySink | undefined;
  #chunks: Buffer[] | undefined;
  #textBytes = 0;

  constructor(
    request: HttpRequest,
    head: string,
    resolve: (answer: HttpResponse) => void,
    reject: (reason: unknown) => void,
    onAbort: (reason: unknown) => void,
  ) {
    this.request = request;
    this.head = head;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal } = request;
    this.#stopWaiting =
      signal &&
      whenAborted(signal, () => {
        onAbort(signal.reason);
      });
  }

  begin(status: number, headers: ResponseHeaders): void {
    this.#answer = { status, headers };
    this.#sink = status < 300 ? this.request.sink : undefined;
    this.#sink?.begin(status, headers);
  }

  write(chunk: Buffer): void {
    if (this.#sink) {
      this.#sink.write(chunk);
      return;
    }
    this.#textBytes += chunk.length;
    if (this.#textBytes > MAX_TEXT_BYTES)
      throw new RangeError(`a response of more than ${MAX_TEXT_BYTES} bytes of text`);
    this.#chunks ??= [];
    this.#chunks.push(Buffer.from(chunk));
  }

  succeed(): void {
    this.#stopWaiting?.();
    if (this.#answer === undefined) throw new TypeError('A call without a response cannot succeed');
    const body = this.#chunks ? Buffer.concat(this.#chunks).toString() : '';
    this.#resolve({ status: this.#answer.status, headers: this.#answer.headers, body });
  }

  fail(reason: unknown): void {
    this.#stopWaiting?.();
    this.#reject(reason);
  }
}
