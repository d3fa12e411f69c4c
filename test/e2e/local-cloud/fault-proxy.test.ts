import { once } from 'node:events';
import { request as callOver, createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'undici';
import { FaultProxy } from '../../../local-cloud/fault-proxy.ts';
import type { Fault } from '../../../local-cloud/faults/choose-fault.ts';
import { seededRandom } from '../../../local-cloud/faults/random.ts';

interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['rawHeaders'];
  readonly body: Buffer;
}

const ANSWER = Buffer.alloc(1_000_000, 'answer ');

let server: Server;
let target: string;
let seen: SeenRequest[] = [];
let proxy: FaultProxy | undefined;
let client: Client | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.rawHeaders, body });
      response.writeHead(200, { 'Content-Length': ANSWER.length, ETag: '"e"', 'x-amz-meta-Name': 'v' }).end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  seen = [];
});

afterEach(async () => {
  await client?.destroy();
  await proxy?.stop();
});

async function startProxy(fault?: Fault, stallSeconds = 0.2): Promise<Client> {
  const share = fault === undefined ? 0 : 1;
  proxy = await FaultProxy.start({
    target,
    share,
    random: seededRandom(1),
    stallSeconds,
    ...(fault !== undefined && { faults: [fault] }),
  });
  client = new Client(proxy.endpoint);
  return client;
}

async function put(over: Client, body = Buffer.from('body')): Promise<{ status: number; body: Buffer }> {
  const path = '/bucket/a%2Fb%20c//..?x=1';
  const headers = { Host: 'bucket.example', 'X-Amz-Meta-Mixed': 'a', Authorization: 'AWS4 x/y/z' };
  const answer = await over.request({ method: 'PUT', path, headers, body });
  return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
}

describe('FaultProxy', () => {
  it('passes on method, raw path, headers and bytes unchanged, and returns the response', async () => {
    const body = Buffer.alloc(3_000_000, 'request ');
    const answer = await put(await startProxy(), body);
    expect(answer.status).toBe(200);
    expect(answer.body.equals(ANSWER)).toBe(true);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/bucket/a%2Fb%20c//..?x=1' });
    expect(seen[0]?.body.equals(body)).toBe(true);
    const headers = seen[0]?.headers.join(' ');
    expect(headers).toContain('host bucket.example');
    expect(headers).toContain('X-Amz-Meta-Mixed a');
    expect(headers).toContain('Authorization AWS4 x/y/z');
  });

  it('responds with 503 without calling the server, on a connection that stays usable', async () => {
    const over = await startProxy('throttled');
    const answers = [await put(over, Buffer.alloc(2_000_000)), await put(over)];
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(answers[0]?.body.toString()).toContain('<Code>SlowDown</Code>');
    expect(seen).toEqual([]);
    expect(proxy?.counts.get('throttled')).toBe(2);
  });

  it('resets the connection before the server sees the request', async () => {
    const over = await startProxy('reset before');
    await expect(put(over)).rejects.toThrow();
    expect(seen).toEqual([]);
  });

  it('resets the connection after the server has done its work', async () => {
    const over = await startProxy('reset after');
    await expect(put(over)).rejects.toThrow();
    expect(seen.map(({ body }) => body.toString())).toEqual(['body']);
  });

  it('cuts off the body of the response', async () => {
    const over = await startProxy('cut body');
    const answer = await over.request({ method: 'GET', path: '/' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-length']).toBe(String(ANSWER.length));
    const received: Buffer[] = [];
    const read = async () => {
      for await (const chunk of answer.body) received.push(chunk as Buffer);
    };
    await expect(read()).rejects.toThrow();
    const bytes = Buffer.concat(received);
    expect(bytes.length).toBeLessThanOrEqual(ANSWER.length / 2);
    expect(bytes.equals(ANSWER.subarray(0, bytes.length))).toBe(true);
  });

  it('stalls for a while, then resets', async () => {
    const over = await startProxy('stalled', 0.2);
    const start = performance.now();
    await expect(put(over)).rejects.toThrow();
    expect(performance.now() - start).toBeGreaterThan(180);
    expect(seen).toEqual([]);
  });

  it('makes one service permanently unavailable after some requests, and leaves the others alone', async () => {
    const outage = { service: 'DynamoDB_20120810', afterRequests: 2 };
    proxy = await FaultProxy.start({ target, share: 0, random: seededRandom(1), stallSeconds: 1, outage });
    const { endpoint } = proxy;
    const call = async (operation: string): Promise<string> => {
      const over = new Client(endpoint);
      try {
        const headers = { 'x-amz-target': operation };
        const answer = await over.request({ method: 'POST', path: '/', headers, body: '{}' });
        await answer.body.dump();
        return String(answer.statusCode);
      } catch {
        return 'broken';
      } finally {
        await over.destroy();
      }
    };
    const operations = ['GetItem', 'UpdateItem', 'GetItem', 'UpdateItem'].map((name) => `DynamoDB_20120810.${name}`);
    const answers: string[] = [];
    for (const operation of [...operations, 'AmazonSQS.SendMessage']) answers.push(await call(operation));
    expect(answers).toEqual(['200', '200', 'broken', 'broken', '200']);
  });

  it('breaks the connection if the server behind it is gone', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const gone = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
    proxy = await FaultProxy.start({ target: gone, share: 0, random: seededRandom(1), stallSeconds: 1 });
    client = new Client(proxy.endpoint);
    await expect(put(client)).rejects.toThrow();
  });

  it('survives callers that are killed before their response arrives', async () => {
    const arrived: (() => void)[] = [];
    const held = createServer((request, response) => {
      request.resume();
      arrived.push(() => response.end(ANSWER));
    }).listen(0, '127.0.0.1');
    await once(held, 'listening');
    const address = `http://127.0.0.1:${(held.address() as AddressInfo).port}`;
    proxy = await FaultProxy.start({ target: address, share: 0, random: seededRandom(1), stallSeconds: 1 });
    const { endpoint } = proxy;

    const callers = Array.from({ length: 10 }, () =>
      callOver(endpoint)
        .on('error', () => undefined)
        .end(),
    );
    while (arrived.length < callers.length) await once(held, 'request');
    await Promise.all(callers.map((caller) => new Promise((resolve) => caller.on('close', resolve).destroy())));
    // Once a later call has an answer, the proxy has noticed that the others are gone.
    const survivor = callOver(endpoint).end();
    await once(held, 'request');
    for (const answer of arrived) answer();
    const [answer] = (await once(survivor, 'response')) as [IncomingMessage];
    expect((await buffer(answer)).equals(ANSWER)).toBe(true);
    held.closeAllConnections();
    held.close();
  });
});
