import type { Socket } from 'node:net';
import { TLSSocket, type ConnectionOptions as TlsOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { SocketReader } from './socket-reader.ts';

export interface ConnectorOptions {
  /** Milliseconds until a connection must be there, with TLS if the address asks for it. */
  readonly timeout: number;
  /** What a client of TLS may ask for beyond Node's defaults. */
  readonly tls?: Pick<TlsOptions, 'ca'>;
}

/** Opens the sockets of an undici pool. */
export type Connector = buildConnector.connector;

/**
 * Connections to one address whose sockets read into one reused buffer, and which resume the last TLS session: undici's own
 * memory of sessions does not survive a garbage collection.
 */
export function createConnector({ timeout, tls = {} }: ConnectorOptions): Connector {
  let session: Buffer | undefined;
  const rememberSession = (socket: TLSSocket): void => {
    // Before TLS 1.3 the session is part of the handshake; from then on tickets come later.
    if (socket.getProtocol() !== 'TLSv1.3') session = socket.getSession();
    socket.on('session', (next: Buffer) => {
      session = next;
    });
  };
  return (address, callback) => {
    const reader = new SocketReader();
    const connect = buildConnector({
      ...tls,
      allowH2: false,
      maxCachedSessions: 0,
      timeout,
      onread: reader.onread,
      ...(session ? { session } : {}),
    });
    const hand = (error: Error | null, socket: Socket | null): void => {
      if (!socket) {
        callback(error ?? new Error('no socket, and no reason'), null);
        return;
      }
      reader.attach(socket);
      if (socket instanceof TLSSocket) rememberSession(socket);
      callback(null, socket);
    };
    connect(address, hand);
  };
}
