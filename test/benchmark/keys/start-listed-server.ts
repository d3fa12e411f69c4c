import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../listed-server.ts', import.meta.url));

/** A server that lists generated keys, and counts the messages it receives. */
export interface ListedServer extends Disposable {
  readonly endpoint: string;
  /** Messages so far. */
  readonly taken: () => Promise<number>;
}

export async function startListedServer(keys: number): Promise<ListedServer> {
  const server = fork(SERVER, [String(keys)]);
  const [port] = (await once(server, 'message')) as [number];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    taken: async () => {
      server.send('taken');
      return ((await once(server, 'message')) as [number])[0];
    },
    [Symbol.dispose]: () => {
      server.disconnect();
    },
  };
}
