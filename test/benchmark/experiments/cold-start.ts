import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SQSEvent } from 'aws-lambda';
import { bundleFunctions } from '../../../src/build/bundle-functions.ts';
import type { Experiment } from '../experiment.ts';
import type { Laboratory } from '../laboratory.ts';
import { atMost, median } from '../row.ts';
import { makeServiceEnvironment } from '../samples/service-environment.ts';
import { archiveEvents, workloadEvents } from '../samples/sqs-events.ts';
import { NO_WARM_UP, WARM_UP_RECORDS } from './warm-up.ts';

/** Inside the project, so that packages that are not bundled are found in its node_modules. */
const BUILDS = fileURLToPath(new URL('../../../build', import.meta.url));
/** What Lambda's runtime does: load the module, then pass it an event. */
const RUNTIME = `
  const { handler } = await import(process.argv[1]);
  await handler(JSON.parse(process.argv[2]), { getRemainingTimeInMillis: () => 60_000 });
  process.exit();
`;

/** From the start of a Node process to its first request to S3, when the work begins. */
export const coldStart: Experiment = {
  rows: ['source', 'target'].map((name) => ({
    name: `cold-start-${name}`,
    title: `cold start, ${name}: process start to first S3 request`,
    unit: 'milliseconds',
    goal: atMost(200),
  })),
  async run(laboratory) {
    const server = await laboratory.server();
    const workload = { ...WARM_UP_RECORDS, count: 1 };
    const packed = await laboratory.observePacking({ workload, level: 3, warmUp: NO_WARM_UP }, true);
    const environment = await makeServiceEnvironment({
      origin: server.origin,
      level: 3,
      archives: packed.bucket,
      target: 'cold',
    });
    await mkdir(BUILDS, { recursive: true });
    const directory = await mkdtemp(join(BUILDS, 'benchmark-'));
    try {
      await bundleFunctions(directory);
      const cases = [
        { bundle: 'source.mjs', environment: environment.source, events: workloadEvents(workload) },
        {
          bundle: 'target.mjs',
          environment: environment.target,
          events: archiveEvents(packed.archives, packed.bucket),
        },
      ];
      const starts: number[][] = cases.map(() => []);
      for (let run = 0; run < laboratory.repetitions(5); run += 1) {
        for (const [index, one] of cases.entries()) {
          const bundle = pathToFileURL(join(directory, one.bundle)).href;
          for (const event of one.events) {
            starts[index]?.push(await timeFirstRequest(bundle, event, one.environment, laboratory));
          }
        }
      }
      return starts.map((milliseconds) => ({ measured: median(milliseconds) }));
    } finally {
      await environment.remove();
      await rm(directory, { recursive: true });
    }
  },
};

/** Milliseconds; both processes read the system's one monotonic clock. */
async function timeFirstRequest(
  bundle: string,
  event: SQSEvent,
  environment: Record<string, string>,
  laboratory: Laboratory,
): Promise<number> {
  const server = await laboratory.server();
  await server.reset();
  const started = process.hrtime.bigint();
  const args = ['--input-type=module', '-e', RUNTIME, bundle, JSON.stringify(event)];
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'exit')) as [number | null];
  const { firstRequest } = await server.counts();
  if (firstRequest === undefined)
    throw new Error(`${bundle} ended with status ${String(status)} and sent no request to S3`);
  return Number(BigInt(firstRequest) - started) / 1e6;
}
