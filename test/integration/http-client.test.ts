import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient, HttpRequest, HttpResponse } from '../../src/aws/http/exchange.ts';
import { createClientOpener } from '../../src/aws/http/socket-client.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { type Certificate, makeCertificate } from '../support/self-signed.ts';
import { TRANSPORTS } from '../support/transports.ts';

const TIMEOUTS = { connectTimeout: 3000, bodyTimeout: 30_000 };

/** Keeps what it receives. */
class Collector {
  readonly begun = Promise.withResolvers<undefined>();
  readonly #chunks: Buffer[] = [];

  begin(): void {
    this.begun.resolve(undefined);
  }

  write(chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk));
  }

  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** An exchange in progress. */
interface Asked {
  readonly sink: Collector;
  readonly answer: Promise<HttpResponse>;
  readonly controller: AbortController;
}

function ask(client: HttpClient, path: string, more: Partial<HttpRequest> = {}): Asked {
  const sink = new Collector();
  const controller = new AbortController();
  const request = {
    method: 'GET',
    path,
    headers: [],
    sink,
    signal: controller.signal,
    headersTimeout: 30_000,
    ...more,
  };
  return { sink, answer: client.exchange(request), controller };
}

let certificate: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate();
});

describe.each(TRANSPORTS)('a client: $name', (transport) => {
  let server: RawServer;
  let clients: HttpClient[];
  let open: () => HttpClient;

  beforeEach(async () => {
    server = await startRawServer(transport.tls ? certificate : undefined);
    const opener = transport.open(certificate)(server.origin, TIMEOUTS);
    clients = [];
    open = () => {
      const client = opener();
      clients.push(client);
      return client;
    };
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  });

  /** A complete exchange, which leaves its own bytes in any shared buffer. */
  const disturb = async (path: string, client = open()): Promise<void> => {
    const { answer, sink } = ask(client, path);
    const exchange = await server.request(path);
    await exchange.send(`HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n${'#'.repeat(60_000)}`);
    await answer;
    expect(sink.body).toHaveLength(60_000);
  };
  const headersOf = ({ headers }: HttpResponse): Record<string, string | undefined> =>
    Object.fromEntries(Array.from(headers.names(), (name) => [name, headers.get(name)]));

  it('reads a head that arrives in pieces while it reads other responses', async () => {
    const { answer, sink } = ask(open(), '/slow');
    const exchange = await server.request('/slow');
    await exchange.send('HTTP/1.1 200 OK\r\nx-amz-meta-first: precious\r\nx-amz-me');
    await disturb('/other-1');
    await exchange.send('ta-second: also precious\r\nx-amz-meta-third: ');
    await disturb('/other-2');
    await exchange.send('too\r\ncontent-length: 5\r\n\r\nbo');
    await disturb('/other-3');
    await exchange.send('dy!');
    expect(headersOf(await answer)).toEqual({
      'x-amz-meta-first': 'precious',
      'x-amz-meta-second': 'also precious',
      'x-amz-meta-third': 'too',
      'content-length': '5',
    });
    expect(sink.body.toString()).toBe('body!');
  });

  it('reads the head after an interim response', async () => {
    const { answer, sink } = ask(open(), '/interim');
    const exchange = await server.request('/interim');
    await exchange.send('HTTP/1.1 103 Early Hints\r\nlink: none\r\n\r\nHTTP/1.1 200 OK\r\nx-amz-meta-a: kept\r\n');
    await disturb('/other');
    await exchange.send('content-length: 2\r\n\r\nok');
    const { status, headers } = await answer;
    expect([status, headers.get('x-amz-meta-a'), sink.body.toString()]).toEqual([200, 'kept', 'ok']);
  });

  it('reads chunks, wherever they are split', async () => {
    const { answer, sink } = ask(open(), '/chunks');
    const exchange = await server.request('/chunks');
    await exchange.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1');
    await exchange.send('0\r\n0123456789');
    await disturb('/other');
    await exchange.send('abcdef\r');
    await exchange.send('\n3;name=value\r\nxyz\r\n0\r\nx-trailer: dropped\r\n\r\n');
    await answer;
    expect(sink.body.toString()).toBe('0123456789abcdefxyz');
  });

  it('reads a body that ends when the connection closes', async () => {
    const { answer, sink } = ask(open(), '/until-end');
    const exchange = await server.request('/until-end');
    await exchange.send('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of ');
    await disturb('/other');
    exchange.socket.end('it');
    await answer;
    expect(sink.body.toString()).toBe('all of it');
  });

  it('fails a response that a half-closed server leaves incomplete', async () => {
    const { answer } = ask(open(), '/cut');
    const exchange = await server.request('/cut');
    exchange.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    await expect(answer).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('fails a response that is not HTTP, then uses a new connection', async () => {
    const client = open();
    const { answer } = ask(client, '/garbage');
    const failure = expect(answer).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
    await (await server.request('/garbage')).send('220 smtp ready\r\n\r\n');
    await failure;
    await disturb('/next', client);
  });

  it('ends an aborted response, and leaves the others alone', async () => {
    const sent = randomBytes(100_000);
    const aborted = ask(open(), '/aborted');
    const other = ask(open(), '/whole');
    const [first, second] = await Promise.all([server.request('/aborted'), server.request('/whole')]);
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${sent.length}\r\n\r\n`;
    await Promise.all([first.send(head), second.send(head)]);
    await Promise.all([first.send('half'), second.send(sent.subarray(0, 50_000))]);
    await aborted.sink.begun.promise;
    aborted.controller.abort(new Error('enough'));
    await expect(aborted.answer).rejects.toThrow('enough');
    await second.send(sent.subarray(50_000));
    await other.answer;
    expect(other.sink.body.equals(sent)).toBe(true);
  });

  it('does not mix the bytes of concurrent responses', async () => {
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const bodies = Array.from({ length: 8 }, () => randomBytes(1_500_000));
    const asked = bodies.map((_, index) => ask(open(), `/many-${index}`));
    const exchanges = await Promise.all(bodies.map((_, index) => server.request(`/many-${index}`)));
    await Promise.all(
      exchanges.map(async (exchange, index) => {
        const body = bodies[index] ?? Buffer.alloc(0);
        await exchange.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
        for (let at = 0; at < body.length; at += 70_001) await exchange.send(body.subarray(at, at + 70_001));
      }),
    );
    await Promise.all(asked.map(({ answer }) => answer));
    expect(asked.map(({ sink }) => digest(sink.body))).toEqual(bodies.map(digest));
  });

  it('fails with what its sink throws, then sends the next request', async () => {
    const client = open();
    const { answer, sink } = ask(client, '/unwanted');
    sink.write = () => {
      throw new RangeError('no more of this');
    };
    const failure = expect(answer).rejects.toThrow('no more of this');
    await (await server.request('/unwanted')).send('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody');
    await failure;
    await disturb('/next', client);
  });

  it('reuses its connection', async () => {
    const client = open();
    for (const path of ['/one', '/two', '/three']) await disturb(path, client);
    expect(server.counts.connections).toBe(1);
  });

  it('opens a new connection if the server asks for it, or closes it between two calls', async () => {
    const client = open();
    const { answer } = ask(client, '/last');
    const first = await server.request('/last');
    await first.send('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok');
    await answer;
    await disturb('/next', client);
    expect(server.counts.connections).toBe(2);
  });
});

describe('our client', () => {
  let server: RawServer;
  let client: HttpClient;
  beforeEach(async () => {
    server = await startRawServer();
    client = createClientOpener(server.origin, TIMEOUTS)();
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  it('does not mistake bytes that follow a response for the next one', async () => {
    const { answer } = ask(client, '/generous');
    await (await server.request('/generous')).send(
      'HTTP/1.1 204 None\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    );
    expect((await answer).status).toBe(204);
    const next = ask(client, '/next');
    await (await server.request('/next')).send('HTTP/1.1 404 Gone\r\ncontent-length: 0\r\n\r\n');
    expect((await next.answer).status).toBe(404);
    expect(server.counts.connections).toBe(2);
  });

  it('does not reuse a connection whose request is only half sent when the response arrives', async () => {
    const body = Buffer.alloc(64_000_000);
    const { answer } = ask(client, '/early', { method: 'PUT', body });
    const exchange = await server.request('/early');
    exchange.socket.pause();
    await exchange.send('HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n');
    expect((await answer).status).toBe(403);
    const next = ask(client, '/next');
    await (await server.request('/next')).send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await next.answer;
    expect(server.counts.connections).toBe(2);
  });

  it.each([
    ['a path', { path: '/a b' }],
    ['a header', { headers: ['x-a', 'one\r\nx-b: two'] }],
    ['the name of a header', { headers: ['x a', 'one'] }],
  ])('sends nothing if %s could be misread', async (_, more) => {
    await expect(ask(client, '/', more).answer).rejects.toMatchObject({ code: 'REQUEST_UNSENDABLE' });
    expect(server.counts.connections).toBe(0);
  });

  it('gives up on a handshake that does not finish', async () => {
    const silent = createServer();
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const waiting = createClientOpener(origin, { ...TIMEOUTS, connectTimeout: 100 })();
    await expect(ask(waiting, '/').answer).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('fails a running call when it is closed', async () => {
    const { answer } = ask(client, '/late');
    const failure = expect(answer).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await server.request('/late');
    await client.close();
    await failure;
  });
});

describe('over TLS our client', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await startRawServer(certificate);
  });
  afterEach(() => server.stop());

  it('refuses a certificate that it does not trust', async () => {
    const client = createClientOpener(server.origin, TIMEOUTS)();
    await expect(ask(client, '/').answer).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('resumes the last session', async () => {
    const open = createClientOpener(server.origin, { ...TIMEOUTS, tls: { ca: certificate.cert } });
    for (const path of ['/1', '/2', '/3']) {
      const client = open();
      const { answer } = ask(client, path);
      const exchange = await server.request(path);
      exchange.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok');
      await answer;
      await client.close();
    }
    expect(server.counts).toEqual({ connections: 3, resumed: 2 });
  });
});
