import { hash } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { UnavailableQueueError } from '../../messages/errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { createClientOpener } from '../http/socket-client.ts';
import { SocketPool } from '../http/socket-pool.ts';
import { type Pressure, RetryPolicy } from '../s3/retry-policy.ts';
import { RequestSigner, type SigningCredentials, SQS } from '../s3/sign-request.ts';

/** SQS's response about the messages of a batch. */
export interface SentBatch {
  /** Indices of those that it did not accept. */
  readonly refused: readonly number[];
  /** The reason for the first of them. */
  readonly reason?: string;
}

export interface BatchClientOptions {
  /** Provides credentials, region and endpoint. */
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly connections: number;
  readonly retries?: RetryPolicy;
  /** Aborts calls under way, and the pauses between them. */
  readonly signal?: AbortSignal;
}

const HEADERS_TIMEOUT = 30_000;
const CONNECTION_TIMEOUTS = { connectTimeout: 10_000, bodyTimeout: 300_000 };
/** Credentials are refreshed this long before they expire, in milliseconds. */
const MARGIN = 60_000;
const THROTTLED = /Throttl|RequestLimitExceeded|TooManyRequests/;

/**
 * SendMessageBatch at little CPU cost: the SDK spends 0.9 ms on a call, which limits one core to 10,000 messages a
 * second. AWS's JSON protocol (`x-amz-json-1.0`), signed as S3's calls are.
 */
export class SqsBatchClient {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #connections: number;
  readonly #retries: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  #opened: Promise<Connection> | undefined;
  #credentials: (SigningCredentials & { readonly expiration?: Date }) | undefined;

  constructor({ client, queueUrl, connections, retries = new RetryPolicy(), signal }: BatchClientOptions) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#connections = connections;
    this.#retries = retries;
    this.#signal = signal;
  }

  /**
   * @param bodies at most ten
   * @throws UnavailableQueueError if SQS does not respond or refuses the whole call after retries; the signal's reason
   */
  async send(bodies: readonly string[]): Promise<SentBatch> {
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    const body = Buffer.from(JSON.stringify({ QueueUrl: this.#queueUrl, Entries }));
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(body);
      if (typeof outcome !== 'string') {
        this.#retries.earn();
        return readBatchAnswer(outcome.body);
      }
      const pressure = pressureOf(outcome);
      if (pressure === undefined || !this.#retries.spend(attempt, pressure)) throw this.#failure(outcome);
      await this.#retries.wait(attempt, pressure, this.#signal);
    }
  }

  async close(): Promise<void> {
    const connection = await this.#opened?.catch(() => undefined);
    await connection?.pool.close();
  }

  /** @returns the reason as text if it failed */
  async #attempt(body: Buffer): Promise<HttpResponse | string> {
    this.#opened ??= this.#open();
    const { pool, origin, host, signer } = await this.#opened;
    const request = {
      method: 'POST',
      host,
      path: '/',
      query: '',
      payloadHash: hash('sha256', body, 'hex'),
      headers: ['content-type', 'application/x-amz-json-1.0', 'x-amz-target', 'AmazonSQS.SendMessageBatch'],
    };
    const headers = signer.sign(request, await this.#currentCredentials(), Date.now());
    const client = await pool.take(origin);
    try {
      const call = { method: 'POST', path: '/', headers, body, headersTimeout: HEADERS_TIMEOUT, signal: this.#signal };
      const answer = await client.exchange(call);
      return answer.status === 200 ? answer : `${answer.status} ${answer.body}`;
    } catch (thrown) {
      this.#signal?.throwIfAborted();
      return `no answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    } finally {
      pool.release(origin, client);
    }
  }

  async #open(): Promise<Connection> {
    const endpoint = await this.#client.config.endpoint?.();
    const { protocol, hostname, port } = endpoint ?? new URL(this.#queueUrl);
    const host = port === undefined || port === '' ? hostname : `${hostname}:${port}`;
    const origin = `${protocol}//${host}`;
    return {
      origin,
      host,
      signer: new RequestSigner(await this.#client.config.region(), SQS),
      pool: new SocketPool({
        max: this.#connections,
        opener: (address) => createClientOpener(address, CONNECTION_TIMEOUTS),
      }),
    };
  }

  async #currentCredentials(): Promise<SigningCredentials> {
    const expires = this.#credentials?.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    if (this.#credentials === undefined || Date.now() > expires - MARGIN) {
      this.#credentials = await this.#client.config.credentials();
    }
    return this.#credentials;
  }

  #failure(said: string): UnavailableQueueError {
    return new UnavailableQueueError(`SendMessageBatch to ${this.#queueUrl} failed: ${said}`, {
      context: { queueUrl: this.#queueUrl },
    });
  }
}

interface Connection {
  readonly pool: SocketPool;
  readonly origin: string;
  readonly host: string;
  readonly signer: RequestSigner;
}

function pressureOf(outcome: string): Pressure | undefined {
  if (THROTTLED.test(outcome)) return 'throttled';
  return /^(no answer|5\d\d|429)/.test(outcome) ? 'transient' : undefined;
}

function readBatchAnswer(text: string): SentBatch {
  const { Failed = [] } = JSON.parse(text) as {
    readonly Failed?: readonly { readonly Id: string; readonly Code?: string; readonly Message?: string }[];
  };
  const [first] = Failed;
  return {
    refused: Failed.map(({ Id }) => Number(Id)),
    ...(first === undefined ? {} : { reason: `${first.Code ?? ''} ${first.Message ?? ''}`.trim() }),
  };
}
