import type { ResponseHeaders } from './response-headers.ts';

/** Receives the body of a successful response as it arrives. If it throws, the exchange fails with that error. */
export interface BodySink {
  begin(status: number, headers: ResponseHeaders): void;
  /** The bytes are valid during the call only. */
  write(chunk: Buffer): void;
}

export interface HttpRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Alternating names and values; values are bytes written as latin1. Without `host` and `content-length`. */
  readonly headers: readonly string[];
  readonly body?: Uint8Array | undefined;
  /** Absent: the body is collected as text. Responses outside of 200-299 are always collected. */
  readonly sink?: BodySink | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the request to the response's headers. */
  readonly headersTimeout: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Empty if a sink received it. */
  readonly body: string;
}

/** A connection to one address, for one exchange at a time. It opens its socket when it needs one. */
export interface HttpClient {
  /**
   * One request and its response. Once the promise has settled, neither the request's body nor the sink is used again.
   *
   * @throws the signal's reason, what the sink threw, HttpError, or the socket's error
   */
  exchange(request: HttpRequest): Promise<HttpResponse>;
  /** Resolves when the socket is closed. An exchange under way fails. */
  close(): Promise<void>;
}
