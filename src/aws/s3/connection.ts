import type { S3Client } from '@aws-sdk/client-s3';
import { CompressorError } from '../../errors.ts';
import { HttpError } from '../http/errors.ts';
import type { BodySink, HttpClient, HttpResponse } from '../http/exchange.ts';
import { createClientOpener, type OpenClient, type SocketClientOptions } from '../http/socket-client.ts';
import { SocketPool } from '../http/socket-pool.ts';
import { AdaptiveConcurrency } from './adaptive-concurrency.ts';
import { Authenticator } from './authenticate.ts';
import { type BucketAddress, resolveBucketAddress } from './bucket-address.ts';
import { encodeKey } from './encode-key.ts';
import {
  type CallName,
  describeFailure,
  describeLostResponse,
  describeOutage,
  describeUnsendable,
  findFailure,
  findRemedy,
  type S3Failure,
} from './failure.ts';
import { type RetryOptions, RetryPolicy } from './retry-policy.ts';

/** All times in milliseconds. */
export interface ConnectionOptions extends RetryOptions {
  /** Concurrent calls to one bucket, as long as S3 does not throttle. */
  readonly connections?: number;
  /** Sockets open at the same time, to all buckets together. */
  readonly maxSockets?: number;
  readonly connectTimeout?: number;
  /** Opens the clients of one address. Default: our own. */
  readonly opener?: (origin: string, options: SocketClientOptions) => OpenClient;
  /**
   * From the request to the response's headers, plus the time that a slow connection needs to send a body.
   */
  readonly headersTimeout?: number;
  /** Between two chunks of a response's body. */
  readonly bodyTimeout?: number;
  readonly now?: () => number;
}

/** One call of S3's REST interface. */
export interface S3Call extends CallName {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Encoded, sorted by name, each name with `=`. */
  readonly query?: string;
  /** Alternating lower-case names and values. */
  readonly headers: readonly string[];
  readonly body?: Uint8Array;
  readonly sink?: BodySink;
  /** Bytes that S3 itself copies before it responds. */
  readonly copiedBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

interface S3Route extends BucketAddress {
  /** S3 throttles by bucket and prefix, so throttling by one of them says nothing about the others. */
  readonly concurrency: AdaptiveConcurrency;
}

type Attempt =
  | { readonly answer: HttpResponse; readonly failure?: undefined }
  | { readonly answer?: undefined; readonly failure: S3Failure };

const DEFAULT_CONNECTIONS = 256;
/**
 * Half of the 1,024 file descriptors that Lambda gives a function (Lambda developer guide, "Lambda quotas"). The
 * clients of SQS, DynamoDB, ECS and CloudWatch open up to 50 sockets each; the runtime, worker threads and DNS lookups
 * take a few dozen more.
 */
export const MAX_SOCKETS = 512;
/** Bytes per millisecond (128 KiB/s) below which the upload of a body counts as stalled. */
const SLOWEST_UPLOAD = 131;
/** Bytes per millisecond (8 MiB/s) below which a copy inside S3 counts as stalled. */
const SLOWEST_COPY = 8389;

/**
 * Sends signed requests to S3 for little CPU: the SDK spends 0.5 ms on a GET of 10 KB, more than everything else that
 * such an object costs. Credentials, region and endpoints are still those of an SDK client.
 */
export class S3Connection {
  readonly #client: S3Client;
  readonly #authenticator: Authenticator;
  readonly #retries: RetryPolicy;
  readonly #headersTimeout: number;
  readonly #connections: number;
  readonly #sockets: SocketPool;
  readonly #routes = new Map<string, S3Route>();

  constructor(client: S3Client, options: ConnectionOptions = {}) {
    this.#client = client;
    this.#authenticator = new Authenticator(client, options.now);
    this.#retries = new RetryPolicy(options);
    this.#headersTimeout = options.headersTimeout ?? 30_000;
    this.#connections = options.connections ?? DEFAULT_CONNECTIONS;
    const { opener = createClientOpener, connectTimeout = 3_000 } = options;
    const { maxSockets: max = MAX_SOCKETS, bodyTimeout = 30_000 } = options;
    this.#sockets = new SocketPool({ max, opener: (origin) => opener(origin, { connectTimeout, bodyTimeout }) });
  }

  /**
   * The response to a successful call, after as many attempts as it took.
   *
   * @throws one of storage/errors.ts or aws/errors.ts, or the reason of the signal when that aborts
   */
  async send(call: S3Call): Promise<HttpResponse> {
    const route = this.#routes.get(call.bucket) ?? (await this.#openRoute(call.bucket));
    const path = `${route.pathPrefix}${encodePath(call)}`;
    const { concurrency } = route;
    if (!concurrency.tryBegin()) await concurrency.begin(call.signal);
    let outcome: 'served' | 'failed' = 'failed';
    try {
      const answer = await this.#sendUntilAnswered(call, route, path);
      outcome = 'served';
      return answer;
    } finally {
      concurrency.end(outcome);
    }
  }

  async #sendUntilAnswered(call: S3Call, route: S3Route, path: string): Promise<HttpResponse> {
    let wasRepaired = false;
    for (let attempt = 1; ; attempt += 1) {
      if (!this.#authenticator.isReady) await this.#authenticator.refresh(false);
      const { failure, answer } = await this.#attempt(call, route, path);
      if (!failure) {
        this.#retries.earn();
        return answer;
      }
      const remedy = findRemedy(failure, call.kind);
      if (remedy === 'transient' || remedy === 'throttled') {
        if (remedy === 'throttled') route.concurrency.noteThrottling();
        if (!this.#retries.spend(attempt, remedy)) throw describeOutage(failure, call, attempt);
        await this.#retries.wait(attempt, remedy, call.signal);
      } else if (remedy === 'none' || wasRepaired) {
        throw describeFailure(failure, call, attempt);
      } else {
        wasRepaired = true;
        await this.#authenticator.repair(remedy, failure.date);
      }
    }
  }

  async #attempt(call: S3Call, route: S3Route, path: string): Promise<Attempt> {
    const { origin } = route;
    const client = this.#sockets.tryTake(origin) ?? (await this.#sockets.take(origin, call.signal));
    try {
      return await this.#exchange(client, call, route, path);
    } finally {
      this.#sockets.release(origin, client);
    }
  }

  async #exchange(client: HttpClient, call: S3Call, route: S3Route, path: string): Promise<Attempt> {
    const { method, query = '', body, copiedBytes = 0, sink, signal } = call;
    const headers = this.#authenticator.sign({ method, host: route.host, path, query, headers: call.headers });
    const moving = Math.ceil((body?.byteLength ?? 0) / SLOWEST_UPLOAD + copiedBytes / SLOWEST_COPY);
    const headersTimeout = this.#headersTimeout + moving;
    const target = query === '' ? path : `${path}?${query}`;
    try {
      const answer = await client.exchange({ method, path: target, headers, body, sink, signal, headersTimeout });
      const failure = findFailure(answer);
      return failure ? { failure } : { answer };
    } catch (thrown) {
      if (thrown instanceof CompressorError || signal?.aborted === true) throw thrown;
      if (thrown instanceof HttpError && thrown.code === 'REQUEST_UNSENDABLE') throw describeUnsendable(thrown, call);
      return { failure: describeLostResponse(thrown as Error) };
    }
  }

  async #openRoute(bucket: string): Promise<S3Route> {
    // Before the SDK asks for credentials on its own, because our error says what is wrong.
    if (!this.#authenticator.isReady) await this.#authenticator.refresh(false);
    const address = await resolveBucketAddress(this.#client, bucket);
    // Another call may have opened it in the meantime, and all calls to a bucket count against one limit.
    const opened = this.#routes.get(bucket);
    if (opened !== undefined) return opened;
    const route = { ...address, concurrency: new AdaptiveConcurrency({ most: this.#connections }) };
    this.#routes.set(bucket, route);
    return route;
  }

  /** Closes idle sockets now and busy ones when their calls end. */
  close(): Promise<void> {
    return this.#sockets.close();
  }
}

function encodePath(call: S3Call): string {
  try {
    return encodeKey(call.key);
  } catch (thrown) {
    throw describeUnsendable(thrown, call);
  }
}
