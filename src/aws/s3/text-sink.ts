import { StorageRejectedError } from '../../storage/errors.ts';
import type { BodySink } from '../http/exchange.ts';

/** Collects a text that is longer than S3's error documents, up to a limit. */
export class TextSink implements BodySink {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  begin(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) {
      throw new StorageRejectedError(`A response from S3 has more than ${this.#maxBytes} bytes.`);
    }
    // The buffer that a chunk is in belongs to the socket.
    this.#chunks.push(Buffer.from(chunk));
  }

  text(): string {
    return Buffer.concat(this.#chunks, this.#bytes).toString('utf8');
  }
}
