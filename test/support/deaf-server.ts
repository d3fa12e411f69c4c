import { createServer, type Server, type Socket } from 'node:net';

/** A service that accepts connections and never answers. */
export class DeafServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** Resolves once it has received bytes. */
  readonly asked: Promise<void>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.asked = promise;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => {
        resolve(undefined);
      });
    });
  }

  /** @returns its endpoint */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(`http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`);
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
