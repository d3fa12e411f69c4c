import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './self-signed.ts';

/** A request as received over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** Undecoded. */
  readonly url: string;
  /** Lower-case names; values as latin1. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type Answer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** The connection is reset before any answer. */
  | 'reset'
  /** No answer, ever. */
  | 'stall'
  /** The answer's headers and half of its ten bytes, then the connection is reset. */
  | 'short-body'
  /** The same, then silence. */
  | 'stall-in-body';

export interface RecordingServer {
  readonly endpoint: string;
  readonly requests: readonly RecordedRequest[];
  /** Answers for the next requests; the last one is repeated. A function receives the request. */
  script(...answers: readonly (Answer | ((request: RecordedRequest) => Answer))[]): void;
  /** Resolves after this many requests in total. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** An HTTP server that records requests byte for byte and misbehaves on demand, unlike moto. */
export async function startRecordingServer(certificate?: Certificate): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const server = certificate ? createTlsServer({ ...certificate }) : createServer();
  let answers: readonly (Answer | ((request: RecordedRequest) => Answer))[] = [{ status: 200 }];
  let answered = 0;
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = record(incoming, Buffer.concat(chunks));
      requests.push(request);
      const answer = answers[Math.min(answered, answers.length - 1)] ?? { status: 200 };
      answered += 1;
      play(typeof answer === 'function' ? answer(request) : answer, response);
      server.emit('recorded');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script(...next) {
      answers = next;
      answered = 0;
      requests.length = 0;
    },
    async received(count) {
      while (requests.length < count) await once(server, 'recorded');
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An S3 error document. */
export function errorAnswer(status: number, code: string, message = 'said the server'): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'x-amz-request-id': 'REQUEST-ID', 'content-type': 'application/xml' }, body };
}

function record(incoming: IncomingMessage, body: Buffer): RecordedRequest {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers[(incoming.rawHeaders[i] ?? '').toLowerCase()] = incoming.rawHeaders[i + 1] ?? '';
  }
  return { method: incoming.method ?? '', url: incoming.url ?? '', headers, body };
}

function play(answer: Answer, response: ServerResponse): void {
  if (answer === 'reset') {
    breakConnection(response);
  } else if (answer === 'short-body' || answer === 'stall-in-body') {
    response.writeHead(200, { ...OBJECT_HEADERS, 'content-length': '10' });
    response.write('12345', () => {
      if (answer === 'short-body') response.socket?.destroy();
    });
  } else if (answer !== 'stall') {
    const { status, headers = {}, body = '' } = answer;
    response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
    // As bytes: Node would write a string in one piece with the headers, and in the string's encoding.
    response.end(Buffer.from(body));
  }
}

/** A TLS socket has no reset method. */
function breakConnection({ socket }: ServerResponse): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

/** Headers of every answer to a GET and HEAD of S3. */
export const OBJECT_HEADERS = {
  etag: '"0123456789abcdef"',
  'last-modified': 'Mon, 23 Nov 2026 16:00:00 GMT',
  'content-type': 'text/plain',
} as const;
