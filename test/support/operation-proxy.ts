import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A call of an AWS service. */
export interface CalledOperation {
  /**
   * For example `DescribeStacks`; for services with REST paths, method and path, for example `GET /bucket?versioning`.
   */
  readonly name: string;
  readonly body: string;
}

export interface OperationProxy {
  readonly endpoint: string;
  readonly operations: readonly CalledOperation[];
  /** Resolves when a call is held. */
  readonly held: Promise<void>;
  /** Held calls end without an answer. */
  stop(): Promise<void>;
}

/**
 * What happens to a call: it gets no answer while the connection lasts; it gets this one; or the connection is closed
 * in the middle of the server's.
 */
export type Interception = 'hold' | 'cut' | { readonly status: number; readonly body: string };

/** @param region for which the call is signed */
export type Intercept = (operation: CalledOperation, region: string) => Interception | undefined;

/**
 * Passes everything on to a server of all AWS services, and records the called operations.
 * @param intercept selects calls that are not passed on, or not answered completely
 */
export async function startOperationProxy(
  target: string,
  intercept: Intercept = () => undefined,
): Promise<OperationProxy> {
  const operations: CalledOperation[] = [];
  const held = Promise.withResolvers<undefined>();
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const pass = async (): Promise<void> => {
      const { method = '', url = '', headers } = incoming;
      const body = await buffer(incoming);
      const asked = String(headers['x-amz-target'] ?? '');
      const operation = { name: nameOperation(method, url, asked, body.toString()), body: body.toString() };
      operations.push(operation);
      const interception = intercept(operation, regionOf(headers.authorization));
      if (interception === 'hold') {
        held.resolve(undefined);
        return;
      }
      if (interception !== undefined && interception !== 'cut') {
        outgoing.writeHead(interception.status, { 'content-type': 'text/xml' }).end(interception.body);
        return;
      }
      const passed = request({ hostname, port, method, path: url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        if (interception === 'cut') cut(answer, outgoing).catch(() => outgoing.destroy());
        else answer.pipe(outgoing);
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
    held: held.promise,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends the head and the first half of the body. */
async function cut(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(answer);
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    outgoing.destroy();
  });
}

/** By the protocol: AWS JSON, Smithy RPC v2, AWS query, REST. */
function nameOperation(method: string, url: string, target: string, body: string): string {
  if (target !== '') return target.slice(target.lastIndexOf('.') + 1);
  const [, operation] = /\/operation\/(\w+)$/.exec(url) ?? [];
  if (operation !== undefined) return operation;
  const [, action] = /(?:^|&)Action=(\w+)/.exec(body) ?? [];
  return action ?? `${method} ${url}`;
}

/** Of `Credential=ID/DATE/REGION/SERVICE/aws4_request`. */
function regionOf(authorization = ''): string {
  return /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization)?.[1] ?? '';
}
