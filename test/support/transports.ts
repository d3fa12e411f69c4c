import { createClientOpener, type OpenClient, type SocketClientOptions } from '../../src/aws/http/socket-client.ts';
import type { Certificate } from './self-signed.ts';
import { undiciOpener } from './undici-client.ts';

type Opener = (origin: string, options: SocketClientOptions) => OpenClient;

/** A transport to S3: an HTTP client, with or without TLS. */
export interface Transport {
  readonly name: string;
  readonly tls: boolean;
  /** Connection options for the store under test; its clients trust the certificate. */
  open(certificate: Certificate): Opener;
}

const trusting =
  (opener: Opener) =>
  ({ cert }: Certificate): Opener =>
  (origin, options) =>
    opener(origin, { ...options, tls: { ca: cert } });

export const TRANSPORTS: readonly Transport[] = [
  { name: 'our client', tls: false, open: trusting(createClientOpener) },
  { name: 'our client, TLS', tls: true, open: trusting(createClientOpener) },
  { name: 'undici', tls: false, open: trusting(undiciOpener) },
  { name: 'undici, TLS', tls: true, open: trusting(undiciOpener) },
];
