import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Certificate } from './self-signed.ts';

/** The server's side of one connection, after its request has arrived. */
export interface RawExchange {
  readonly path: string;
  readonly socket: Socket;
  /** Resolves when the operating system has accepted the bytes. */
  send(text: string | Uint8Array): Promise<void>;
}

export interface RawServer {
  readonly origin: string;
  /** Number of connections, and of those that resumed a TLS session. */
  readonly counts: { resumed: number; connections: number };
  /** Resolves with the next request for this path. */
  request(path: string): Promise<RawExchange>;
  stop(): Promise<void>;
}

/** A server without default answers: tests write its answers byte by byte, on the connections they choose. */
export async function startRawServer(certificate?: Certificate): Promise<RawServer> {
  const exchanges = new Map<string, PromiseWithResolvers<RawExchange>>();
  const sockets = new Set<Socket>();
  const counts = { resumed: 0, connections: 0 };
  const expected = (path: string): PromiseWithResolvers<RawExchange> => {
    const known = exchanges.get(path) ?? Promise.withResolvers<RawExchange>();
    exchanges.set(path, known);
    return known;
  };
  const serve = (socket: Socket): void => {
    counts.connections += 1;
    if (socket instanceof TLSSocket && socket.isSessionReused()) counts.resumed += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (head: Buffer) => {
      const path = head.toString('latin1').split(' ')[1] ?? '';
      const send = (text: string | Uint8Array): Promise<void> =>
        new Promise((resolve) => {
          socket.write(text, () => {
            resolve();
          });
        });
      expected(path).resolve({ path, socket, send });
    });
  };
  const server = certificate
    ? createTlsServer({ ...certificate, allowHalfOpen: true }, serve)
    : createServer({ allowHalfOpen: true }, serve);
  // With TLS: the underlying sockets, some of which never complete the handshake.
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    request: async (path) => {
      const exchange = await expected(path).promise;
      exchanges.delete(path);
      return exchange;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
