import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { HttpError } from './errors.ts';

export interface SocketOptions {
  /** Milliseconds within which a connection must be established, including TLS if the address requires it. */
  readonly connectTimeout: number;
  /** TLS options beyond Node's defaults. */
  readonly tls?: Pick<ConnectionOptions, 'ca'>;
}

/**
 * Opens sockets to one address. `onOpen` is called once the socket is connected; if it fails before that, it emits
 * `error`.
 */
export type SocketOpener = (onread: OnReadOpts, onOpen: () => void) => Socket;

/** Milliseconds of silence after which the operating system asks whether the other side is still there. */
const KEEP_ALIVE = 60_000;

/**
 * Creates a function that opens sockets to an origin. Each socket resumes the latest TLS session, which skips most of
 * the handshake.
 */
export function createSocketOpener(origin: string, { connectTimeout, tls = {} }: SocketOptions): SocketOpener {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const isTls = protocol === 'https:';
  const shared = {
    host,
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE,
  };
  let session: Buffer | undefined;
  const rememberSession = (socket: TLSSocket): void => {
    // Before TLS 1.3 the session is part of the handshake; since TLS 1.3, tickets come later.
    if (socket.getProtocol() !== 'TLSv1.3') session = socket.getSession();
  };
  const openTls = (onread: OnReadOpts): Socket => {
    const servername = isIP(host) === 0 ? host : '';
    const options = { ...shared, ...tls, servername, ALPNProtocols: ['http/1.1'], onread };
    const socket = connectTls(session === undefined ? options : { ...options, session });
    socket.on('session', (next) => {
      session = next;
    });
    return socket.once('secureConnect', () => {
      rememberSession(socket);
    });
  };
  return (onread, onOpen) => {
    const socket = isTls ? openTls(onread) : connect({ ...shared, onread });
    const timer = setTimeout(() => {
      const message = `No connection to ${host} within ${connectTimeout} ms`;
      socket.destroy(new HttpError('CONNECT_TIMEOUT', message));
    }, connectTimeout);
    const stop = (): void => {
      clearTimeout(timer);
    };
    return socket
      .once(isTls ? 'secureConnect' : 'connect', stop)
      .once('close', stop)
      .once(isTls ? 'secureConnect' : 'connect', onOpen);
  };
}
