import { buildConnector, type Dispatcher, errors, Client as UndiciClient } from 'undici';
import { HttpError, type HttpErrorCode } from '../../src/aws/http/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../src/aws/http/exchange.ts';
import { ResponseHeaders } from '../../src/aws/http/response-headers.ts';
import type { OpenClient, SocketClientOptions } from '../../src/aws/http/socket-client.ts';

const CODES: readonly [new (...parameters: never[]) => Error, HttpErrorCode][] = [
  [errors.HeadersTimeoutError, 'HEADERS_TIMEOUT'],
  [errors.BodyTimeoutError, 'BODY_TIMEOUT'],
  [errors.ConnectTimeoutError, 'CONNECT_TIMEOUT'],
  [errors.InvalidArgumentError, 'REQUEST_UNSENDABLE'],
  [errors.HTTPParserError, 'ANSWER_MALFORMED'],
  [errors.SocketError, 'CONNECTION_CLOSED'],
];

/** undici behind the interface of our own client, for comparison. */
export function undiciOpener(origin: string, { connectTimeout, bodyTimeout, tls }: SocketClientOptions): OpenClient {
  const connect = buildConnector({ timeout: connectTimeout, allowH2: false, ...tls });
  return () => new ReferenceClient(new UndiciClient(origin, { connect, bodyTimeout, allowH2: false }));
}

class ReferenceClient implements HttpClient {
  readonly #client: UndiciClient;

  constructor(client: UndiciClient) {
    this.#client = client;
  }

  exchange(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      request.signal?.throwIfAborted();
      const { method, path, headers, headersTimeout, body } = request;
      const handler = new Handler(request, resolve, reject);
      this.#client.dispatch({ method, path, headers: [...headers], headersTimeout, body: body ?? null }, handler);
    });
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }
}

class Handler implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (answer: HttpResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #answer = { status: 0, headers: ResponseHeaders.of({}) };
  #sinkFailure: { readonly reason: unknown } | undefined;

  constructor(request: HttpRequest, resolve: (answer: HttpResponse) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { signal } = this.#request;
    const stop = (): void => {
      this.#reject(signal?.reason);
      controller.abort(new Error('aborted'));
    };
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    if (status < 200) return;
    this.#answer = {
      status,
      headers: ResponseHeaders.of(
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      ),
    };
    this.#feed((sink) => {
      sink.begin(status, this.#answer.headers);
    });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#answer.status >= 300 || this.#request.sink === undefined) this.#chunks.push(Buffer.from(chunk));
    this.#feed((sink) => {
      sink.write(chunk);
    });
  }

  onResponseEnd(): void {
    this.#resolve({ ...this.#answer, body: Buffer.concat(this.#chunks).toString() });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#sinkFailure !== undefined) {
      this.#reject(this.#sinkFailure.reason);
      return;
    }
    const [, code] = CODES.find(([type]) => error instanceof type) ?? [];
    this.#reject(code === undefined ? error : new HttpError(code, error.message));
  }

  #feed(act: (sink: NonNullable<HttpRequest['sink']>) => void): void {
    const { sink, signal } = this.#request;
    if (sink === undefined || this.#answer.status >= 300 || signal?.aborted === true) return;
    try {
      act(sink);
    } catch (reason) {
      this.#sinkFailure = { reason };
      throw reason;
    }
  }
}
