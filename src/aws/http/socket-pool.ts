import type { HttpClient } from './exchange.ts';
import type { OpenClient } from './socket-client.ts';

export interface SocketPoolOptions {
  /** Sockets open at the same time, to all addresses together. */
  readonly max: number;
  /** Opens the clients of one address. */
  readonly opener: (address: string) => OpenClient;
}

interface WaitingForSocket {
  readonly serial: number;
  readonly admit: (client: HttpClient) => void;
}

/** One address. */
interface Origin {
  readonly open: OpenClient;
  readonly idle: HttpClient[];
  readonly waiting: Set<WaitingForSocket>;
  /** Clients, idle and busy. */
  size: number;
}

/**
 * Sockets to any number of addresses under one limit, because a process has one limit of file descriptors: separate
 * pools, each with its own limit, would exceed it with enough buckets. A client holds one socket at most and is lent to
 * one call at a time.
 *
 * | a socket is wanted                  | then                                                        |
 * |-------------------------------------|-------------------------------------------------------------|
 * | one to this address is idle         | it is taken, the latest first                               |
 * | fewer than the bound are open       | a new one                                                   |
 * | one to another address is idle      | it is closed, and a new one opened in its place             |
 * | all are busy                        | the call waits                                              |
 *
 * A returned socket goes to a call that waits for the same address, which saves a handshake, as long as that address
 * has no more than its share; otherwise to the call that has waited longest.
 */
export class SocketPool {
  readonly #max: number;
  readonly #opener: SocketPoolOptions['opener'];
  readonly #origins = new Map<string, Origin>();
  #open = 0;
  #waiting = 0;
  #closed = false;
  #serial = 0;

  constructor({ max, opener }: SocketPoolOptions) {
    this.#max = max;
    this.#opener = opener;
  }

  /** A client for the address, if one is available at once. In this common case it saves a turn of the event loop. */
  tryTake(address: string): HttpClient | undefined {
    const origin = this.#origin(address);
    const idle = origin.idle.pop();
    if (idle !== undefined) return idle;
    if (this.#open >= this.#max && !this.#closeIdle()) return undefined;
    return this.#connect(origin);
  }

  /** @throws the reason of the signal */
  take(address: string, signal?: AbortSignal): Promise<HttpClient> {
    signal?.throwIfAborted();
    const client = this.tryTake(address);
    if (client !== undefined) return Promise.resolve(client);
    const { waiting } = this.#origin(address);
    return new Promise((resolve, reject) => {
      this.#serial += 1;
      const entry: WaitingForSocket = {
        serial: this.#serial,
        admit: (admitted) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(admitted);
        },
      };
      const giveUp = (): void => {
        waiting.delete(entry);
        this.#waiting -= 1;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.add(entry);
      this.#waiting += 1;
    });
  }

  /** Takes back what `take` or `tryTake` lent. */
  release(address: string, client: HttpClient): void {
    const origin = this.#origin(address);
    if (this.#closed) {
      this.#discard(origin, client);
      return;
    }
    if (this.#waiting === 0) {
      origin.idle.push(client);
      return;
    }
    const next = this.#nextAddress(address, origin);
    if (next === address) {
      this.#admitFirst(origin, client);
    } else {
      this.#discard(origin, client);
      const other = this.#origin(next);
      this.#admitFirst(other, this.#connect(other));
    }
  }

  /** Closes idle sockets now and busy ones when their calls end. */
  async close(): Promise<void> {
    this.#closed = true;
    const idle = Array.from(this.#origins.values(), (origin) => origin.idle.splice(0));
    await Promise.all(idle.flat().map((client) => client.close()));
  }

  #origin(address: string): Origin {
    const known = this.#origins.get(address);
    if (known !== undefined) return known;
    const origin: Origin = { open: this.#opener(address), idle: [], waiting: new Set(), size: 0 };
    this.#origins.set(address, origin);
    return origin;
  }

  #connect(origin: Origin): HttpClient {
    this.#open += 1;
    origin.size += 1;
    return origin.open();
  }

  #discard(origin: Origin, client: HttpClient): void {
    this.#open -= 1;
    origin.size -= 1;
    // No call uses it, so none can fail because of this.
    void client.close();
  }

  /** Closes an idle socket of the address with the most sockets. @returns whether there was one */
  #closeIdle(): boolean {
    const origins = [...this.#origins.values()].filter(({ idle }) => idle.length > 0);
    const [largest] = origins.toSorted((left, right) => right.size - left.size);
    const client = largest?.idle.shift();
    if (largest === undefined || client === undefined) return false;
    this.#discard(largest, client);
    return true;
  }

  /** The next waiting call to serve. */
  #nextAddress(address: string, { size, waiting }: Origin): string {
    const active = [...this.#origins.values()].filter((origin) => origin.size > 0 || origin.waiting.size > 0);
    if (waiting.size > 0 && size <= this.#max / active.length) return address;
    const [oldest] = [...this.#origins].toSorted(([, left], [, right]) => firstSerial(left) - firstSerial(right));
    return oldest?.[0] ?? address;
  }

  #admitFirst({ waiting }: Origin, client: HttpClient): void {
    const [first] = waiting;
    if (first === undefined) throw new RangeError('No call is waiting for this address');
    waiting.delete(first);
    this.#waiting -= 1;
    first.admit(client);
  }
}

function firstSerial({ waiting }: Origin): number {
  const [first] = waiting;
  return first?.serial ?? Number.POSITIVE_INFINITY;
}
