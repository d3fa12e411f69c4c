import { S3Client } from '@aws-sdk/client-s3';
import { S3Connection } from './connection.ts';

/** Connections to S3 in several regions, each opened when it is first asked for. */
export class RegionalConnections {
  readonly #open: (region: string) => S3Client;
  readonly #connections = new Map<string, S3Connection>();

  constructor(open = (region: string): S3Client => new S3Client({ region })) {
    this.#open = open;
  }

  readonly of = (region: string): S3Connection => {
    const connection = this.#connections.get(region) ?? new S3Connection(this.#open(region));
    this.#connections.set(region, connection);
    return connection;
  };

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }
}
