import type { Socket } from 'node:net';

/** A request whose body has arrived. */
export interface ServerRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: string;
  /** Value of a header by its lower-case name, as undici sends them. */
  header(name: string): string | undefined;
  /** All header lines as received, each with its CR LF. */
  readonly head: string;
  /** Empty unless it must be kept. */
  readonly body: readonly Buffer[];
  readonly bodySize: number;
}

export interface ServerAnswer {
  readonly status: number;
  /** Whole lines, each with its CR LF; Content-Length is added. */
  readonly headers?: string;
  readonly body?: readonly Uint8Array[];
  /** For a HEAD: length of the body that a GET would return. */
  readonly length?: number;
}

export interface ConnectionOptions {
  readonly answer: (request: ServerRequest) => ServerAnswer;
  readonly keepsBody: (path: string) => boolean;
  /** Milliseconds to the first byte of every answer. */
  readonly latency: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * The server's side of one connection: the part of HTTP/1.1 that undici uses for S3 (Content-Length on every body, no
 * pipelining, no chunks). node:http takes 3 to 4 times as much CPU per request, and would distort the measurements.
 */
export function serveConnection(socket: Socket, options: ConnectionOptions): void {
  let pending: Buffer = NOTHING;
  let head: RequestHead | undefined;
  let body: Buffer[] = [];
  let missing = 0;
  let keeps = false;

  const finish = (request: RequestHead): void => {
    const { method, path, query, contentLength } = request;
    const parts = body;
    head = undefined;
    body = [];
    const header = request.header.bind(request);
    const send = (): void => {
      const answer = options.answer({
        method,
        path,
        query,
        header,
        head: request.text,
        body: parts,
        bodySize: contentLength,
      });
      sendAnswer(socket, answer, method === 'HEAD');
    };
    if (options.latency > 0) setTimeout(send, options.latency);
    else send();
  };

  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    if (head === undefined) {
      if (pending.length > 0) rest = Buffer.concat([pending, chunk]);
      const end = rest.indexOf(HEAD_END);
      pending = end < 0 ? rest : NOTHING;
      if (end < 0) return;
      head = new RequestHead(rest.toString('latin1', 0, end + 2));
      missing = head.contentLength;
      keeps = options.keepsBody(head.path);
      rest = rest.subarray(end + HEAD_END.length);
    }
    missing -= rest.length;
    if (keeps && rest.length > 0) body.push(rest);
    if (missing <= 0) finish(head);
  });
  // A client that ends in the middle of an exchange is a killed sample; the parent process reports it.
  socket.on('error', () => socket.destroy());
}

class RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly contentLength: number;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    const [method = '', target = ''] = text.slice(0, text.indexOf('\r\n')).split(' ');
    const [path = '', query = ''] = target.split('?');
    this.method = method;
    this.path = path;
    this.query = query;
    this.contentLength = Number(this.header('content-length') ?? 0);
  }

  header(name: string): string | undefined {
    const at = this.text.indexOf(`\r\n${name}: `);
    if (at < 0) return undefined;
    const start = at + name.length + 4;
    return this.text.slice(start, this.text.indexOf('\r\n', start));
  }
}

function sendAnswer(socket: Socket, answer: ServerAnswer, isHead: boolean): void {
  const { status, headers = '', body = [] } = answer;
  const length = answer.length ?? body.reduce((sum, part) => sum + part.length, 0);
  socket.cork();
  socket.write(`HTTP/1.1 ${status} -\r\ncontent-length: ${length}\r\n${headers}\r\n`, 'latin1');
  if (!isHead) for (const part of body) socket.write(part);
  socket.uncork();
}
