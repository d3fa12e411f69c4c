import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A call of an AWS service. */
export interface CalledOperation {
  /** Such as `DescribeStacks`; of services that are called by paths method and path, such as `GET /bucket?versioning`. */
  readonly name: string;
  readonly body: string;
}

export interface OperationProxy {
  readonly endpoint: string;
  readonly operations: readonly CalledOperation[];
  stop(): Promise<void>;
}

/** Passes everything on to a server of all AWS services, and keeps which operations were called. */
export async function startOperationProxy(target: string): Promise<OperationProxy> {
  const operations: CalledOperation[] = [];
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const pass = async (): Promise<void> => {
      const { method = '', url = '', headers } = incoming;
      const body = await buffer(incoming);
      const asked = String(headers['x-amz-target'] ?? '');
      operations.push({ name: nameOperation(method, url, asked, body.toString()), body: body.toString() });
      const passed = request({ hostname, port, method, path: url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      passed.end(body);
    };
    pass().catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operations,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** By the protocol: AWS JSON, Smithy RPC v2, AWS query, REST. */
function nameOperation(method: string, url: string, target: string, body: string): string {
  if (target !== '') return target.slice(target.lastIndexOf('.') + 1);
  const [, operation] = /\/operation\/(\w+)$/.exec(url) ?? [];
  if (operation !== undefined) return operation;
  const [, action] = /(?:^|&)Action=(\w+)/.exec(body) ?? [];
  return action ?? `${method} ${url}`;
}
