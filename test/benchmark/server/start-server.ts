import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerCounts, ServerMessage, ServerQuestion, WrittenObject } from './contract.ts';

const SERVER = fileURLToPath(new URL('../s3-server.ts', import.meta.url));

/** The benchmark's handle of the server process. */
export class BenchmarkServer {
  /** `http://127.0.0.1:<port>`, or `https:` */
  readonly origin: string;
  /** File with the certificate of a server with TLS. */
  readonly certificateFile: string | undefined;
  private readonly child: ChildProcess;

  constructor(child: ChildProcess, port: number, tls?: TlsFiles) {
    this.child = child;
    this.origin = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
    this.certificateFile = tls?.cert;
  }

  /** Clears the counts; objects stay. */
  async reset(): Promise<void> {
    await this.ask({ kind: 'reset' });
  }

  async counts(): Promise<ServerCounts> {
    const message = await this.ask({ kind: 'counts' });
    if (message.kind !== 'counts') throw new TypeError(`The server answered ${message.kind} when asked for its counts`);
    return message.counts;
  }

  /** The objects that were written to a bucket, oldest first. */
  async written(bucket: string): Promise<readonly WrittenObject[]> {
    const message = await this.ask({ kind: 'written', bucket });
    if (message.kind !== 'written')
      throw new TypeError(`The server answered ${message.kind} when asked for its objects`);
    return message.objects;
  }

  close(): void {
    this.child.disconnect();
  }

  private ask(question: ServerQuestion): Promise<ServerMessage> {
    const answer = nextMessage(this.child);
    this.child.send(question);
    return answer;
  }
}

/** Names of PEM files. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

export interface ServerOptions {
  /** Milliseconds to the first byte of each answer. */
  readonly latency?: number;
  readonly tls?: TlsFiles;
}

export async function startServer({ latency = 0, tls }: ServerOptions = {}): Promise<BenchmarkServer> {
  const child = fork(SERVER, ['--latency', String(latency), ...(tls ? ['--tls', tls.key, '--tls', tls.cert] : [])]);
  const message = await nextMessage(child);
  if (message.kind !== 'listening') throw new TypeError(`The first message of the server was ${message.kind}`);
  return new BenchmarkServer(child, message.port, tls);
}

async function nextMessage(child: ChildProcess): Promise<ServerMessage> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`The server of the benchmark ended with status ${String(code)}`);
  });
  try {
    const message: unknown[] = await Promise.race([once(child, 'message', { signal: ended.signal }), exit]);
    return message[0] as ServerMessage;
  } finally {
    exit.catch(() => undefined);
    ended.abort();
  }
}
