import { clientOpener, type OpenClient, type SocketClientOptions } from '../../src/aws/http/socket-client.ts';
import type { Certificate } from './self-signed.ts';
import { undiciOpener } from './undici-client.ts';

type Opener = (origin: string, options: SocketClientOptions) => OpenClient;

/** A way to speak to S3: whose HTTP, and whether over TLS. */
export interface Transport {
  readonly name: string;
  readonly tls: boolean;
  /** For the store under test; its clients trust the certificate. */
  open(certificate: Certificate): Opener;
}

const trusting =
  (opener: Opener) =>
  ({ cert }: Certificate): Opener =>
  (origin, options) =>
    opener(origin, { ...options, tls: { ca: cert } });

export const TRANSPORTS: readonly Transport[] = [
  { name: 'our client', tls: false, open: trusting(clientOpener) },
  { name: 'our client, TLS', tls: true, open: trusting(clientOpener) },
  { name: 'undici', tls: false, open: trusting(undiciOpener) },
  { name: 'undici, TLS', tls: true, open: trusting(undiciOpener) },
];
