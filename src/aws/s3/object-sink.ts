import { ObjectSizeError } from '../../storage/errors.ts';
import type { ReadRequest } from '../../storage/object-store.ts';
import type { BodySink } from '../http/exchange.ts';
import type { ResponseHeaders } from '../http/response-headers.ts';

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/** Copies the body of a GET into the caller's buffer, whose size must be exactly that of the body. */
export class ObjectSink implements BodySink {
  readonly #request: ReadRequest;
  #filled = 0;
  #objectSize = 0;

  constructor(request: ReadRequest) {
    this.#request = request;
  }

  /** Bytes of the whole object. */
  get objectSize(): number {
    return this.#objectSize;
  }

  begin(status: number, headers: ResponseHeaders): void {
    const { into, start } = this.#request;
    const length = Number(headers.get('content-length') ?? into.length);
    this.#filled = 0;
    this.#objectSize = length;
    if (start !== undefined) {
      const [, first, , total] = CONTENT_RANGE.exec(headers.get('content-range') ?? '') ?? [];
      if (status !== 206 || Number(first) !== start) throw this.#mismatch('a different range than requested');
      this.#objectSize = Number(total);
    }
    // Checked before the body is read: a small object may have been replaced by one of 5 GB.
    if (length !== into.length) throw this.#mismatch(`${length} bytes`);
  }

  write(chunk: Buffer): void {
    const { into } = this.#request;
    if (this.#filled + chunk.length > into.length) throw this.#mismatch('more bytes than it announced');
    into.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  /** @throws ObjectSizeError when the body ended early */
  end(): void {
    if (this.#filled !== this.#request.into.length) throw this.#mismatch(`${this.#filled} bytes`);
  }

  #mismatch(sent: string): ObjectSizeError {
    const { bucket, key, start, into } = this.#request;
    const message = `S3 sent ${sent} for s3://${bucket}/${key}; ${into.length} bytes were expected.`;
    return new ObjectSizeError(message, { context: { bucket, key, start, expected: into.length } });
  }
}
