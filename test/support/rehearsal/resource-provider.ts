import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../templates/json.ts';

export type Properties = Readonly<Record<string, Json>>;

/** A request of the local CloudFormation about a resource; local-cloud/moto/stacks.py sends it. */
export interface ResourceRequest {
  readonly action: 'create' | 'update' | 'delete';
  readonly region: string;
  /** Id of its stack, which may be a nested one. */
  readonly stackId: string;
  readonly logicalId: string;
  readonly type: string;
  /** False: moto does not support the resource, so the provider does everything. */
  readonly isKnown: boolean;
  /** Absent during the creation of a resource that moto does not support. */
  readonly physicalId?: string;
  readonly properties: Properties;
  /** For an update. */
  readonly formerProperties?: Properties;
}

export interface ResourceAnswer {
  readonly physicalId?: string;
  /** What `Fn::GetAtt` reads. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface ResourceProvider {
  readonly url: string;
  /** A URL for the answer to one request of a custom resource, and the answer once it arrives. */
  awaitAnswer(): { readonly url: string; readonly answer: Promise<string> };
  stop(): Promise<void>;
}

/** Serves the requests of the local CloudFormation; an error of `provide` becomes the reason why a stack fails. */
export async function startResourceProvider(
  provide: (request: ResourceRequest) => Promise<ResourceAnswer>,
): Promise<ResourceProvider> {
  const awaited = new Map<string, (answer: string) => void>();
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(incoming);
    const isAnswer = incoming.method === 'PUT';
    try {
      if (isAnswer) awaited.get(incoming.url ?? '')?.(body);
      response.end(isAnswer ? '' : JSON.stringify(await provide(JSON.parse(body) as ResourceRequest)));
    } catch (error) {
      response.writeHead(400).end(error instanceof Error ? error.message : String(error));
    }
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    awaitAnswer() {
      const path = `/answers/${awaited.size}`;
      const { promise: answer, resolve } = Promise.withResolvers<string>();
      awaited.set(path, resolve);
      return { url: new URL(path, url).href, answer };
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
