import type { Dispatcher } from 'undici';
import { whenAborted } from './abort-listeners.ts';

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The value of a header; of a repeated one, all values in HTTP's own list form. */
export function readHeader(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Takes the body of a successful answer as it arrives. What it throws ends the exchange and is its outcome. */
export interface BodySink {
  begin(status: number, headers: AnswerHeaders): void;
  write(chunk: Buffer): void;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body?: Uint8Array | undefined;
  /** Absent: the body is collected as text. Answers outside of 200-299 are always collected. */
  readonly sink?: BodySink | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the request to the answer's headers. */
  readonly headersTimeout: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Empty when a sink took it. */
  readonly body: string;
}

/** S3's error documents and upload results have a few kilobytes; more is not S3, and not worth memory. */
const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * One request and its answer, without streams: chunks go from the parser straight to the sink. As soon as the promise
 * settles neither the request's body nor the sink is touched any more.
 *
 * Rejects with the signal's reason, with what the sink threw, or with undici's error.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    request.signal?.throwIfAborted();
    const { method, path, headers, headersTimeout, body } = request;
    const options = { method, path, headers, headersTimeout, body: body ?? null };
    dispatcher.dispatch(options, new ExchangeHandler(request, resolve, reject));
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopWaiting: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: AnswerHeaders = {};
  #sink: BodySink | undefined;
  #chunks: Buffer[] | undefined;
  #textBytes = 0;

  constructor(request: HttpRequest, resolve: (answer: HttpAnswer) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal } = request;
    this.#stopWaiting =
      signal &&
      whenAborted(signal, () => {
        this.#abort(signal.reason);
      });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for a connection: nobody listens, and the body may be someone else's by now.
    if (this.#settled) controller.abort(new Error('The call was aborted before it was sent'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.#settled || status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#sink = status < 300 ? this.#request.sink : undefined;
    this.#sink?.begin(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    if (this.#sink) {
      this.#sink.write(chunk);
      return;
    }
    this.#textBytes += chunk.length;
    if (this.#textBytes > MAX_TEXT_BYTES)
      throw new RangeError(`an answer of more than ${MAX_TEXT_BYTES} bytes of text`);
    this.#chunks ??= [];
    this.#chunks.push(Buffer.from(chunk));
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    this.#settle();
    const body = this.#chunks ? Buffer.concat(this.#chunks).toString() : '';
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
  }

  #abort(reason: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(reason);
    this.#controller?.abort(new Error('The call was aborted'));
  }

  #settle(): void {
    this.#settled = true;
    this.#stopWaiting?.();
  }
}
