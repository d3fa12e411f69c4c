import { KIB } from '../../units.ts';
import { ChunkedBody } from './chunked-body.ts';
import { HttpError, malformedError } from './errors.ts';
import { ResponseHeaders } from './response-headers.ts';

/** Receives a response as it arrives. */
export interface ResponseListener {
  begin(status: number, headers: ResponseHeaders): void;
  /** The bytes are valid during the call only. */
  write(chunk: Buffer): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** Heads of S3's responses have under 1 KB, and 8 KB with the longest metadata. */
const MAX_HEAD = 64 * KIB;
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |\r)/;
const DIGITS = /^\d{1,16}$/;
const SWITCHING_PROTOCOLS = 101;

/**
 * Reads the responses of one connection, one by one (RFC 9112). It does not keep the bytes that it is given, so
 * their buffer may be reused.
 *
 * | the response                          | its body ends                     |
 * |---------------------------------------|-----------------------------------|
 * | to a HEAD, or 204, or 304             | with the head                     |
 * | has `transfer-encoding: chunked`      | with its last chunk               |
 * | has `content-length`                  | after that many bytes             |
 * | has neither                           | with the connection               |
 */
export class ResponseParser {
  #listener: ResponseListener | undefined;
  #method = '';
  #state: 'idle' | 'head' | 'sized' | 'chunked' | 'until-end' = 'idle';
  /** The beginning of a head whose end has not arrived yet. */
  #head: Buffer | undefined;
  #left = 0;
  #chunks = new ChunkedBody();
  #lasting = true;
  /** The names of the previous response's headers; the next response usually has the same. */
  #headers: ResponseHeaders | undefined;

  /** Whether no response is expected. */
  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Whether the head is complete, so that the body comes next. */
  get isInBody(): boolean {
    return this.#state !== 'idle' && this.#state !== 'head';
  }

  /** Whether the connection may be used again after the last response. */
  get isPersistent(): boolean {
    return this.#lasting;
  }

  /** Expects another response. */
  expect(method: string, listener: ResponseListener): void {
    this.#method = method;
    this.#listener = listener;
    this.#state = 'head';
    this.#head = undefined;
  }

  /**
   * Accepts bytes, in order.
   * @returns how many of them belong to the response; the parser is idle when it has all of it
   * @throws HttpError, or what the listener throws
   */
  push(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'idle') {
      if (this.#state === 'head') at = this.#readHead(bytes, at);
      else at += this.#readBody(at === 0 ? bytes : bytes.subarray(at));
    }
    return at;
  }

  /**
   * The connection has ended. The parser is then idle if that is how the response ends.
   * @throws HttpError when the response is incomplete
   */
  end(): void {
    if (this.#state === 'idle') return;
    if (this.#state !== 'until-end') throw new HttpError('CONNECTION_CLOSED', 'The server closed the connection');
    this.#state = 'idle';
  }

  #readHead(bytes: Buffer, from: number): number {
    const before = this.#head?.length ?? 0;
    const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes.subarray(from)]);
    const start = this.#head === undefined ? from : 0;
    const end = head.indexOf(HEAD_END, Math.max(start, before - HEAD_END.length));
    if (end < 0) {
      if (head.length - start > MAX_HEAD) throw malformedError(`its head has more than ${MAX_HEAD} bytes`);
      this.#head = this.#head === undefined ? Buffer.from(bytes.subarray(from)) : head;
      return bytes.length;
    }
    this.#head = undefined;
    this.#take(head.toString('latin1', start, end + 2));
    return from + end + HEAD_END.length - start - before;
  }

  /** @param head with the CRLF of its last line */
  #take(head: string): void {
    const [, minor, code] = STATUS_LINE.exec(head) ?? [];
    if (code === undefined) throw malformedError(`it begins with ${JSON.stringify(head.slice(0, 100))}`);
    const status = Number(code);
    const headers = ResponseHeaders.parse(head, head.indexOf('\n') + 1, this.#headers);
    if (status === SWITCHING_PROTOCOLS) throw malformedError('it switches protocols');
    if (status < 200) return;
    this.#headers = headers;
    this.#lasting = isLasting(headers, minor === '0');
    this.#state = this.#bodyState(status, headers);
    this.#listener?.begin(status, headers);
  }

  #bodyState(status: number, headers: ResponseHeaders): 'idle' | 'sized' | 'chunked' | 'until-end' {
    const length = headers.get('content-length');
    const encoding = headers.get('transfer-encoding');
    if (this.#method === 'HEAD' || status === 204 || status === 304) return 'idle';
    if (encoding !== undefined) {
      // With two lengths, another reader may use the other one and see a different response (response splitting).
      if (length !== undefined || encoding.toLowerCase() !== 'chunked') throw malformedError('its length is ambiguous');
      this.#chunks = new ChunkedBody();
      return 'chunked';
    }
    if (length === undefined) {
      this.#lasting = false;
      return 'until-end';
    }
    if (!DIGITS.test(length)) throw malformedError(`its length is ${JSON.stringify(length.slice(0, 100))}`);
    this.#left = Number(length);
    return this.#left === 0 ? 'idle' : 'sized';
  }

  #readBody(bytes: Buffer): number {
    const listener = this.#listener;
    if (this.#state === 'chunked') {
      const used = this.#chunks.push(bytes, (data) => listener?.write(data));
      if (this.#chunks.isDone) this.#state = 'idle';
      return used;
    }
    if (this.#state === 'until-end') {
      listener?.write(bytes);
      return bytes.length;
    }
    const body = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= body.length;
    if (this.#left === 0) this.#state = 'idle';
    listener?.write(body);
    return body.length;
  }
}

function isLasting(headers: ResponseHeaders, isOld: boolean): boolean {
  const connection = headers.get('connection')?.toLowerCase();
  return isOld ? connection === 'keep-alive' : connection?.includes('close') !== true;
}
