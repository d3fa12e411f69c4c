import { buildConnector } from 'undici';
import { type Connector, type ConnectorOptions, createConnector } from '../../src/aws/s3/connector.ts';
import type { Certificate } from './self-signed.ts';

/** A way to speak to S3: who opens the sockets, and whether they speak TLS. */
export interface Transport {
  readonly name: string;
  readonly tls: boolean;
  /** The connector of the store under test; it trusts the certificate. */
  open(certificate: Certificate): (options: ConnectorOptions) => Connector;
}

const reused =
  ({ cert }: Certificate) =>
  ({ timeout }: ConnectorOptions): Connector =>
    createConnector({ timeout, tls: { ca: cert } });
/** What the product's sockets are measured against: undici's own, which take a fresh buffer for each chunk. */
const fresh =
  ({ cert }: Certificate) =>
  ({ timeout }: ConnectorOptions): Connector =>
    buildConnector({ timeout, allowH2: false, ca: cert });

export const TRANSPORTS: readonly Transport[] = [
  { name: 'a reused buffer', tls: false, open: reused },
  { name: 'a reused buffer, TLS', tls: true, open: reused },
  { name: 'fresh buffers', tls: false, open: fresh },
  { name: 'fresh buffers, TLS', tls: true, open: fresh },
];
