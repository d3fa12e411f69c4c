import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { FUNCTION_NAMES, findInvocable } from '../../../local-cloud/invocation/functions.ts';
import { InvokeResources } from '../../../local-cloud/invocation/invoke-resources.ts';
import { readEvent } from '../../../local-cloud/invocation/read-event.ts';
import { DeployInputError } from '../command/errors.ts';
import { PROJECT } from '../command/project.ts';
import type { InvokeOptions } from './options.ts';

/**
 * Serves S3 and SQS with everything that the committed events name, at the address that events/env.json expects, until
 * a signal, which the caller handles.
 * @throws DeployInputError if the address cannot be used
 */
export async function serveResources(
  { host, port }: Extract<InvokeOptions, { kind: 'serve' }>,
  cleanup: AsyncDisposableStack,
  print: (text: string) => void,
): Promise<void> {
  const resources = await InvokeResources.start((line) => {
    print(`${line}\n`);
  });
  cleanup.defer(() => resources.stop());
  for (const file of (await readdir(join(PROJECT, 'events'))).toSorted()) {
    const name = FUNCTION_NAMES.find((candidate) => file.startsWith(`${candidate}-`));
    if (name === undefined) continue;
    await resources.prepare(findInvocable(name, await readEvent(join(PROJECT, 'events', file)), file));
  }
  const relay = await startRelay(host, port, Number(new URL(resources.endpoint).port));
  cleanup.defer(() => {
    relay.close();
  });
  print(`S3 and SQS are at http://${host}:${port} with everything that events/ names. Ctrl-C stops them.\n`);
  // The signal ends the process once the servers have stopped.
  await once(relay, 'close');
}

/** Forwards connections to the servers, which choose their own ports. */
async function startRelay(host: string, port: number, serverPort: number): Promise<Server> {
  const relay = createServer((incoming) => {
    const outgoing = connect({ port: serverPort, host: '127.0.0.1' });
    incoming.pipe(outgoing).pipe(incoming);
    // Either side may disconnect at any time; then the other one is disconnected.
    incoming.once('error', () => outgoing.destroy()).once('close', () => outgoing.destroy());
    outgoing.once('error', () => incoming.destroy()).once('close', () => incoming.destroy());
  });
  relay.listen(port, host);
  try {
    await once(relay, 'listening');
  } catch (cause) {
    throw new DeployInputError(`Cannot listen on ${host}:${port}: ${String(cause)}. Choose another --port or --host.`, {
      cause,
    });
  }
  return relay;
}
