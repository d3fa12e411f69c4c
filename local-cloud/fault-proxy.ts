import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { LocalServerError } from './errors.ts';
import { chooseFault, FAULTS, type Fault } from './faults/choose-fault.ts';
import type { Random } from './faults/random.ts';
import { makeThrottlingResponse } from './faults/throttling-response.ts';

/** A service that becomes permanently unavailable. */
export interface Outage {
  /** Prefix of its operations in `x-amz-target`, up to the dot: `DynamoDB_20120810`. */
  readonly service: string;
  /** Requests that it still answers. */
  readonly afterRequests: number;
}

export interface FaultProxyOptions {
  /** Endpoint of the region behind the proxy: `http://127.0.0.1:<port>`. */
  readonly target: string;
  /** Share of the requests that fail, 0 to 1. */
  readonly share: number;
  readonly random: Random;
  /** How long a stalled request stays without a response. */
  readonly stallSeconds: number;
  /** The kinds of faults to choose from. Default: all. */
  readonly faults?: readonly Fault[];
  readonly outage?: Outage;
}

/**
 * A reverse proxy that makes a share of the requests fail as a real network and a real service do. Headers pass
 * unchanged, so signatures stay valid, and bodies are streamed both ways.
 */
export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #counts = new Map<Fault, number>();
  readonly #stalls = new Set<NodeJS.Timeout>();
  #requestsBeforeOutage = 0;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing);
    });
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new LocalServerError('The fault proxy is not listening');
    return `http://127.0.0.1:${address.port}`;
  }

  /** How often each fault has happened. */
  get counts(): ReadonlyMap<Fault, number> {
    return this.#counts;
  }

  async stop(): Promise<void> {
    for (const stall of this.#stalls) clearTimeout(stall);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { share, faults = FAULTS, random } = this.#options;
    if (this.#isDown(incoming)) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const fault = chooseFault(share, faults, random);
    if (fault !== undefined) this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
    switch (fault) {
      case 'throttled':
        throttle(incoming, outgoing);
        break;
      case 'reset before':
        incoming.socket.resetAndDestroy();
        break;
      case 'stalled':
        this.#stall(incoming);
        break;
      case 'reset after':
      case 'cut body':
      case undefined:
        this.#forward(incoming, outgoing, fault);
        break;
    }
  }

  #isDown({ headers }: IncomingMessage): boolean {
    const { outage } = this.#options;
    const operation = headers['x-amz-target'];
    if (outage === undefined || typeof operation !== 'string' || !operation.startsWith(`${outage.service}.`))
      return false;
    this.#requestsBeforeOutage += 1;
    return this.#requestsBeforeOutage > outage.afterRequests;
  }

  #stall(incoming: IncomingMessage): void {
    const stall = setTimeout(() => {
      this.#stalls.delete(stall);
      incoming.socket.resetAndDestroy();
    }, this.#options.stallSeconds * 1000);
    this.#stalls.add(stall);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, fault: 'reset after' | 'cut body' | undefined): void {
    const { hostname, port } = new URL(this.#options.target);
    const { method, url, rawHeaders } = incoming;
    const forwarded = request({
      agent: this.#agent,
      hostname,
      port,
      ...(method !== undefined && { method }),
      ...(url !== undefined && { path: url }),
      headers: withoutExpectation(rawHeaders),
      setDefaultHeaders: false,
    });
    // A caller that is killed while its response is being written is not the proxy's fault.
    outgoing.on('error', () => incoming.socket.destroy());
    forwarded.on('response', (answer) => {
      if (outgoing.destroyed) answer.resume();
      else if (fault === 'reset after') resetAfter(answer, incoming);
      else if (fault === 'cut body') cutAnswer(answer, incoming, outgoing);
      else passOn(answer, incoming, outgoing);
    });
    // The caller or the server has disconnected: either way the other side must learn of it.
    pipeline(incoming, forwarded, (error) => {
      if (error) incoming.socket.destroy();
    });
    forwarded.on('error', () => incoming.socket.destroy());
  }
}

/** Node has already answered `Expect: 100-continue`; the server must not answer it a second time. */
function withoutExpectation(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== 'expect');
}

function throttle(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { status, headers, body } = makeThrottlingResponse(incoming.headers);
  // The body is read to its end, so that the connection can serve the next request.
  incoming.resume().on('end', () => outgoing.writeHead(status, headers).end(body));
}

function passOn(answer: IncomingMessage, incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  pipeline(answer, outgoing, (error) => {
    if (error) incoming.socket.destroy();
  });
}

function resetAfter(answer: IncomingMessage, incoming: IncomingMessage): void {
  answer.resume().on('end', () => incoming.socket.resetAndDestroy());
}

function cutAnswer(answer: IncomingMessage, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const half = Math.floor(Number(answer.headers['content-length'] ?? 0) / 2);
  let sent = 0;
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  outgoing.flushHeaders();
  answer.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, half - sent));
    sent += part.length;
    outgoing.write(part);
  });
  answer.on('end', () => incoming.socket.resetAndDestroy());
}
