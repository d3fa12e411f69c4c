import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { MAX_SOCKETS } from '../../src/aws/s3/connection.ts';
import { S3ObjectStore, type S3ObjectStoreOptions } from '../../src/aws/s3/object-store.ts';

/** As many as a rule may well have in one region, each with its own address. */
const BUCKETS = ['one', 'two', 'three', 'four', 'five', 'six'];
/** Calls that the target function has in flight to each. */
const CALLS_PER_BUCKET = 200;

/** A server per bucket, all in one process: none answers before `gate` calls wait at the same time. */
class Buckets {
  readonly #servers: Server[] = [];
  readonly #held: ServerResponse[] = [];
  readonly endpoints = new Map<string, URL>();
  served = 0;
  gate = 0;

  async start(): Promise<void> {
    for (const bucket of BUCKETS) {
      const server = createServer((request, response) => {
        request.resume();
        request.on('end', () => {
          this.#hold(response);
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      this.#servers.push(server);
      this.endpoints.set(bucket, new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    }
  }

  #hold(response: ServerResponse): void {
    this.#held.push(response);
    if (this.#held.length < this.gate) return;
    this.gate = 0;
    for (const held of this.#held.splice(0)) {
      this.served += 1;
      held.writeHead(200, { etag: '"1"' }).end();
    }
  }

  stop(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

/** Open sockets of our client, and their maximum so far. */
class SocketCount {
  open = 0;
  most = 0;
  opened = 0;
  readonly #onConnect = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.once('connect', () => {
      this.opened += 1;
      this.open += 1;
      this.most = Math.max(this.most, this.open);
      socket.once('close', () => {
        this.open -= 1;
      });
    });
  };

  start(): void {
    subscribe('net.client.socket', this.#onConnect);
  }

  stop(): void {
    unsubscribe('net.client.socket', this.#onConnect);
  }
}

let buckets: Buckets;
let sockets: SocketCount;

beforeEach(async () => {
  buckets = new Buckets();
  await buckets.start();
  sockets = new SocketCount();
  sockets.start();
});

afterEach(() => {
  sockets.stop();
  buckets.stop();
});

function open(options: S3ObjectStoreOptions = {}): S3ObjectStore {
  const client = new S3Client({
    region: 'eu-west-1',
    credentials: LOCAL_CREDENTIALS,
    // One address per bucket, as S3 has.
    endpointProvider: ({ Bucket = '' }) => ({ url: buckets.endpoints.get(Bucket) ?? new URL('http://127.0.0.1:1') }),
  });
  return new S3ObjectStore({ client, ...options });
}

async function putEverywhere(store: S3ObjectStore, calls: number): Promise<PromiseSettledResult<unknown>[]> {
  const body = Buffer.from('object');
  const request = {
    body,
    crc32: crc32(body),
    headers: {},
    metadata: {},
    tags: [],
    condition: { kind: 'always' },
  } as const;
  return Promise.allSettled(
    BUCKETS.flatMap((bucket) =>
      Array.from({ length: calls }, (_, index) => store.put({ ...request, bucket, key: String(index) })),
    ),
  );
}

test('six destination buckets share one limit on sockets, and every object arrives', async () => {
  const store = open();
  buckets.gate = MAX_SOCKETS;
  const outcomes = await putEverywhere(store, CALLS_PER_BUCKET);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(buckets.served).toBe(BUCKETS.length * CALLS_PER_BUCKET);
  // As many as allowed, or the gate would never have opened, and no more: others need the rest of Lambda's 1,024.
  expect(sockets.most).toBe(MAX_SOCKETS);
  expect(MAX_SOCKETS).toBeLessThanOrEqual(1024 / 2);
  await store.close();
}, 60_000);

test('a bucket that gets no more calls frees its sockets for another bucket', async () => {
  const store = open({ maxSockets: 4 });
  const body = Buffer.from('object');
  const request = {
    body,
    crc32: crc32(body),
    headers: {},
    metadata: {},
    tags: [],
    condition: { kind: 'always' },
  } as const;
  for (const bucket of BUCKETS) {
    buckets.gate = 4;
    await Promise.all(Array.from({ length: 4 }, (_, index) => store.put({ ...request, bucket, key: String(index) })));
  }
  expect(sockets.most).toBeLessThanOrEqual(4 + 1);
  expect(sockets.opened).toBe(4 * BUCKETS.length);
  await store.close();
}, 60_000);

test('calls that run during close end as usual, and leave no socket open', async () => {
  const store = open();
  buckets.gate = BUCKETS.length;
  const outcomes = putEverywhere(store, 1);
  await store.close();
  expect((await outcomes).map(({ status }) => status)).toEqual(BUCKETS.map(() => 'fulfilled'));
});
