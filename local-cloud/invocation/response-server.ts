import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Receives the responses of custom resources, in place of CloudFormation's signed URLs. */
export interface ResponseServer {
  /** For `ResponseURL`. */
  readonly url: string;
  /** The responses since the last call, as text. */
  takeAnswers(): string[];
  stop(): Promise<void>;
}

export async function startResponseServer(): Promise<ResponseServer> {
  let answers: string[] = [];
  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = (await buffer(incoming)).toString();
    if (incoming.method === 'PUT') answers.push(text);
    response.writeHead(incoming.method === 'PUT' ? 200 : 405).end();
  };
  const server = createServer((incoming, response) => {
    take(incoming, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`,
    takeAnswers() {
      const taken = answers;
      answers = [];
      return taken;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
