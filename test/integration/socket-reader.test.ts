import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Dispatcher, Pool } from 'undici';
import { createConnector } from '../../src/aws/s3/connector.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { type Certificate, makeCertificate } from '../support/self-signed.ts';
import { TRANSPORTS } from '../support/transports.ts';

interface Outcome {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** Collects an answer; pauses the parser where the test says so. */
class Collector implements Dispatcher.DispatchHandler {
  readonly outcome = Promise.withResolvers<Outcome>();
  readonly begun = Promise.withResolvers<undefined>();
  readonly paused = Promise.withResolvers<undefined>();
  controller: Dispatcher.DispatchController | undefined;
  readonly #pauses: boolean;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: Outcome['headers'] = {};

  constructor(pauses: boolean) {
    this.#pauses = pauses;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Outcome['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk));
    this.begun.resolve(undefined);
    if (this.#pauses && this.#chunks.length === 1) {
      controller.pause();
      this.paused.resolve(undefined);
    }
  }

  onResponseEnd(): void {
    this.outcome.resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.outcome.reject(error);
  }
}

let certificate: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate();
});

describe.each(TRANSPORTS)('a socket with $name', (transport) => {
  let server: RawServer;
  let pool: Pool;

  beforeEach(async () => {
    server = await startRawServer(transport.tls ? certificate : undefined);
    pool = new Pool(server.origin, { connect: transport.open(certificate)({ timeout: 3000 }), connections: 8 });
  });
  afterEach(async () => {
    await pool.destroy();
    await server.stop();
  });

  const get = (path: string, pauses = false): Collector => {
    const collector = new Collector(pauses);
    pool.dispatch({ method: 'GET', path, headers: [] }, collector);
    return collector;
  };
  /** Another exchange, start to end, which leaves its own bytes in whatever buffer is shared. */
  const disturb = async (path: string): Promise<void> => {
    const other = get(path);
    const exchange = await server.request(path);
    await exchange.send(`HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n${'#'.repeat(60_000)}`);
    expect((await other.outcome.promise).body).toHaveLength(60_000);
  };

  it('reads a head that comes in pieces while other answers are read', async () => {
    const answer = get('/slow');
    const exchange = await server.request('/slow');
    await exchange.send('HTTP/1.1 200 OK\r\nx-amz-meta-first: precious\r\nx-amz-me');
    await disturb('/other-1');
    await exchange.send('ta-second: also precious\r\nx-amz-meta-third: ');
    await disturb('/other-2');
    await exchange.send('too\r\ncontent-length: 5\r\n\r\nbo');
    await disturb('/other-3');
    await exchange.send('dy!');
    const { headers, body } = await answer.outcome.promise;
    expect(headers).toEqual({
      'x-amz-meta-first': 'precious',
      'x-amz-meta-second': 'also precious',
      'x-amz-meta-third': 'too',
      'content-length': '5',
    });
    expect(body.toString()).toBe('body!');
  });

  it('reads the head behind an interim answer', async () => {
    const answer = get('/interim');
    const exchange = await server.request('/interim');
    await exchange.send('HTTP/1.1 103 Early Hints\r\nlink: none\r\n\r\nHTTP/1.1 200 OK\r\nx-amz-meta-a: kept\r\n');
    await disturb('/other');
    await exchange.send('content-length: 2\r\n\r\nok');
    const { status, headers, body } = await answer.outcome.promise;
    expect([status, headers['x-amz-meta-a'], body.toString()]).toEqual([200, 'kept', 'ok']);
  });

  it('keeps what comes while the parser is paused, in order, and stops reading', async () => {
    const sent = randomBytes(8_000_000);
    const answer = get('/paused', true);
    const exchange = await server.request('/paused');
    const sending = exchange.send(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${sent.length}\r\n\r\n`), sent]),
    );
    await answer.paused.promise;
    await disturb('/other-1');
    await disturb('/other-2');
    answer.controller?.resume();
    const [{ body }] = await Promise.all([answer.outcome.promise, sending]);
    expect(body.equals(sent)).toBe(true);
  });

  it('reads a body that ends with the connection', async () => {
    const answer = get('/until-end');
    const exchange = await server.request('/until-end');
    await exchange.send('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of ');
    await disturb('/other');
    exchange.socket.end('it');
    expect((await answer.outcome.promise).body.toString()).toBe('all of it');
  });

  it('reads such a body to its end when the parser was paused as the connection ended', async () => {
    const sent = randomBytes(300_000);
    const answer = get('/paused-end', true);
    const exchange = await server.request('/paused-end');
    exchange.socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n');
    exchange.socket.end(sent);
    await answer.paused.promise;
    await disturb('/other');
    answer.controller?.resume();
    expect((await answer.outcome.promise).body.equals(sent)).toBe(true);
  });

  it('fails an answer that a half-closed server leaves incomplete', async () => {
    const answer = get('/cut');
    const exchange = await server.request('/cut');
    exchange.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    await expect(answer.outcome.promise).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  it('fails an answer that is not HTTP, and goes on with a new connection', async () => {
    const answer = get('/garbage');
    await (await server.request('/garbage')).send('220 smtp ready\r\n');
    await expect(answer.outcome.promise).rejects.toMatchObject({ name: 'HTTPParserError' });
    await disturb('/next');
  });

  it('ends one answer when it is aborted, and leaves the others alone', async () => {
    const sent = randomBytes(100_000);
    const [aborted, other] = [get('/aborted'), get('/whole')];
    const [first, second] = await Promise.all([server.request('/aborted'), server.request('/whole')]);
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${sent.length}\r\n\r\n`;
    await Promise.all([first.send(head), second.send(head)]);
    await Promise.all([first.send('half'), second.send(sent.subarray(0, 50_000))]);
    await aborted.begun.promise;
    aborted.controller?.abort(new Error('enough'));
    await expect(aborted.outcome.promise).rejects.toThrow('enough');
    await second.send(sent.subarray(50_000));
    expect((await other.outcome.promise).body.equals(sent)).toBe(true);
  });

  it('mixes no bytes of many answers at a time', async () => {
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const bodies = Array.from({ length: 8 }, () => randomBytes(1_500_000));
    const answers = bodies.map((_, index) => get(`/many-${index}`));
    const exchanges = await Promise.all(bodies.map((_, index) => server.request(`/many-${index}`)));
    await Promise.all(
      exchanges.map(async (exchange, index) => {
        const body = bodies[index] ?? Buffer.alloc(0);
        await exchange.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
        for (let at = 0; at < body.length; at += 70_001) await exchange.send(body.subarray(at, at + 70_001));
      }),
    );
    const received = await Promise.all(answers.map(({ outcome }) => outcome.promise));
    expect(received.map(({ body }) => digest(body))).toEqual(bodies.map(digest));
  });

  it('is used again for the next request', async () => {
    await pool.destroy();
    pool = new Pool(server.origin, { connect: transport.open(certificate)({ timeout: 3000 }), connections: 1 });
    for (const path of ['/one', '/two', '/three']) await disturb(path);
    expect(server.counts.connections).toBe(1);
  });
});

describe('a connector', () => {
  it('gives up a handshake that does not come to its end', async () => {
    const silent = createServer();
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const pool = new Pool(origin, { connect: createConnector({ timeout: 100 }) });
    const collector = new Collector(false);
    pool.dispatch({ method: 'GET', path: '/', headers: [] }, collector);
    await expect(collector.outcome.promise).rejects.toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    await pool.destroy();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('refuses a certificate that it does not trust', async () => {
    const server = await startRawServer(certificate);
    const pool = new Pool(server.origin, { connect: createConnector({ timeout: 3000 }) });
    const collector = new Collector(false);
    pool.dispatch({ method: 'GET', path: '/', headers: [] }, collector);
    await expect(collector.outcome.promise).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await pool.destroy();
    await server.stop();
  });

  it('resumes the last TLS session', async () => {
    const server = await startRawServer(certificate);
    const connect = createConnector({ timeout: 3000, tls: { ca: certificate.cert } });
    const pool = new Pool(server.origin, { connect });
    for (const path of ['/1', '/2', '/3']) {
      const collector = new Collector(false);
      pool.dispatch({ method: 'GET', path, headers: [] }, collector);
      const exchange = await server.request(path);
      exchange.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok');
      await collector.outcome.promise;
    }
    expect(server.counts).toEqual({ connections: 3, resumed: 2 });
    await pool.destroy();
    await server.stop();
  });
});
