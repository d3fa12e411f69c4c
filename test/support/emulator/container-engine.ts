import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A requested push: `REGISTRY/REPOSITORY:TAG`. */
export interface Push {
  readonly image: string;
}

/**
 * Replaces Docker when a deployment is tested: the only part besides AWS that is not real. It speaks the part of the
 * engine's API that the SAM CLI uses (ping, build, look up, tag, log in, push), builds nothing and pushes nothing, and
 * records the requests.
 */
export class ContainerEngine {
  /** Value for DOCKER_HOST. */
  readonly host: string;
  /** Names of the images that were built. */
  readonly builds: string[] = [];
  readonly pushes: Push[] = [];
  readonly #server: ReturnType<typeof createServer>;
  #held: { readonly request: RegExp; readonly asked: () => void } | undefined;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      this.#answer(request, response);
    });
  }

  static async start(): Promise<ContainerEngine> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new ContainerEngine(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /**
   * Leaves matching requests without an answer until `forget`.
   * @returns a promise that resolves with the first such request
   */
  hold(request: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#held = {
      request,
      asked: () => {
        resolve(undefined);
      },
    };
    return promise;
  }

  /** Clears the recorded requests and the filter for held ones. */
  forget(): void {
    this.#held = undefined;
    this.builds.length = 0;
    this.pushes.length = 0;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    request.once('end', () => {
      const url = new URL(request.url ?? '/', 'http://engine');
      const path = url.pathname.replace(/^\/v[\d.]+/, '');
      const asked = `${request.method ?? ''} ${path}`;
      if (this.#held?.request.test(asked) === true) {
        this.#held.asked();
        return;
      }
      const [status, body] = this.#respond(asked, url.searchParams);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  }

  #respond(request: string, query: URLSearchParams): readonly [number, string] {
    if (request === 'GET /_ping') return [200, 'OK'];
    if (request === 'POST /auth') return [200, JSON.stringify({ Status: 'Login Succeeded' })];
    if (request === 'POST /build') {
      this.builds.push(query.get('t') ?? '');
      return [200, `${JSON.stringify({ stream: 'Successfully built 0123456789ab\n' })}\n`];
    }
    const push = /^POST \/images\/(.*)\/push$/.exec(request)?.[1];
    if (push !== undefined) {
      this.pushes.push({ image: `${decodeURIComponent(push)}:${query.get('tag') ?? ''}` });
      return [200, `${JSON.stringify({ status: 'Pushed' })}\n`];
    }
    if (/^POST \/images\/.*\/tag$/.test(request)) return [201, ''];
    if (/^GET \/images\/.*\/json$/.test(request))
      return [200, JSON.stringify({ Id: `sha256:${'0123456789ab'.repeat(5)}0123`, RepoTags: [] })];
    return [404, JSON.stringify({ message: `${request} is not part of what the tests need` })];
  }
}
