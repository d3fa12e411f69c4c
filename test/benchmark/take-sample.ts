import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { imageEnvironment } from './image-environment.ts';
import type { SampleOrder, SampleResult } from './sample-contract.ts';

const ENTRY = fileURLToPath(new URL('./sample.ts', import.meta.url));

/**
 * Runs a task in a separate process, with its own memory, CPU time and compiled code.
 * @throws Error if the process ends without a result; its output is on stderr
 */
export async function takeSample(order: SampleOrder): Promise<SampleResult> {
  // Its log lines are dropped, its errors are shown.
  const env = {
    ...imageEnvironment(),
    ...process.env,
    ...(order.certificateFile ? { NODE_EXTRA_CA_CERTS: order.certificateFile } : {}),
  };
  // A function with fewer vCPUs has fewer processors.
  const pinned =
    order.processors === undefined
      ? {}
      : { execPath: 'taskset', execArgv: ['-c', `0-${order.processors - 1}`, process.execPath] };
  const child = fork(ENTRY, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], ...pinned });
  let result: SampleResult | undefined;
  child.on('message', (message: SampleResult) => {
    result = message;
  });
  child.send(order);
  const [status] = (await once(child, 'exit')) as [number | null];
  if (result === undefined)
    throw new Error(`The sample "${order.task.kind}" ended with status ${String(status)} and no result`);
  return result;
}
