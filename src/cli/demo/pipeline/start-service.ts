import { join } from 'node:path';
import type { SQSEvent } from 'aws-lambda';
import type { EmulatedRegion } from '../../../../local-cloud/emulated-cloud.ts';
import { EventSourceMapping } from '../../../../local-cloud/event-source-mapping.ts';
import { FunctionHost } from '../../../../local-cloud/function-host.ts';
import type { QueuePair } from '../../../../local-cloud/pipeline/queue-pair.ts';
import { LOCAL_ACCOUNT_ID } from '../../../../local-cloud/region-clients.ts';
import { DemoFailedError } from '../errors.ts';
import { killDuringInvocation } from './kill-during-invocation.ts';
import { serviceEnvironment, throughEndpoint } from './service-environment.ts';
import type { Timeouts } from './timeouts.ts';

/** Lambda grants one vCPU for 1,769 MB: two worker threads. */
const MEMORY_MB = 2 * 1769;
/** Many objects make a good archive, so the source waits for them; a single archive is worth an invocation. */
const BATCHES = {
  source: { batchSize: 5_000, batchWindowSeconds: 1 },
  target: { batchSize: 10, batchWindowSeconds: 0 },
} as const;
/** Max concurrent environments of a function: each is a process with two threads, and two cores serve them all. */
const CONCURRENCY = 2;

export interface ServiceOptions {
  readonly kind: 'source' | 'target';
  /** Folder of the function bundles. */
  readonly bundles: string;
  readonly region: EmulatedRegion;
  readonly queue: QueuePair;
  /** A second queue that feeds the same function, with messages about existing objects. */
  readonly backfillQueue?: QueuePair;
  /** Additional variables of the function. */
  readonly environment: Readonly<Record<string, string>>;
  readonly patience: Timeouts;
  readonly onLine: (line: string) => void;
  /** Called with the body of each message before the function receives it. */
  readonly onMessage?: (body: string) => void;
  /** Kills a busy environment; failed invocations are then expected. */
  readonly hasFaults: boolean;
}

/** A function and the event source mappings that feed it. */
export interface Service {
  /** How many environments were killed, and how many invocations failed for any reason. */
  readonly kills: number;
  readonly failures: number;
  /** Resolves when its queues are empty. @throws DemoFailedError when an invocation failed though none was meant to */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export function startService(options: ServiceOptions): Service {
  const { region, queue, backfillQueue, hasFaults } = options;
  const host = new FunctionHost(hostOptions(options));
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  let kills = 0;
  let failures = 0;
  let isStopped = false;
  const invoke = async (event: SQSEvent): Promise<unknown> => {
    // While stopping, the mapping still delivers received messages, which must not start a new process.
    if (isStopped) throw new DemoFailedError('The demo has ended');
    for (const { body } of event.Records) options.onMessage?.(body);
    const invocation = host.invoke(event);
    if (hasFaults && kills === 0 && (await killDuringInvocation(host, invocation))) kills += 1;
    return invocation;
  };
  const mappings = [queue, ...(backfillQueue === undefined ? [] : [backfillQueue])].map(
    ({ url, arn }) =>
      new EventSourceMapping({
        sqs: region.sqs,
        queueUrl: url,
        queueArn: arn,
        region: region.name,
        ...BATCHES[options.kind],
        maximumConcurrency: CONCURRENCY,
        invoke,
        onInvocation: ({ outcome }) => {
          if (outcome.kind === 'answered') return;
          failures += 1;
          if (!hasFaults) failed.reject(new DemoFailedError(`The ${options.kind} function failed: ${outcome.reason}`));
        },
      }),
  );
  for (const mapping of mappings) mapping.start();
  return {
    get kills() {
      return kills;
    },
    get failures() {
      return failures;
    },
    idle: async () => {
      await Promise.race([Promise.all(mappings.map((mapping) => mapping.idle())), failed.promise]);
    },
    stop: async () => {
      isStopped = true;
      await host.stop();
      await Promise.all(mappings.map((mapping) => mapping.stop()));
    },
  };
}

function hostOptions(options: ServiceOptions): ConstructorParameters<typeof FunctionHost>[0] {
  const { kind, bundles, region, queue, backfillQueue, patience } = options;
  const functionName = `demo-${kind}`;
  return {
    bundle: join(bundles, `${kind}.mjs`),
    handler: 'handler',
    functionName,
    invokedFunctionArn: `arn:aws:lambda:${region.name}:${LOCAL_ACCOUNT_ID}:function:${functionName}`,
    memoryMb: MEMORY_MB,
    timeoutSeconds: patience.functionTimeoutSeconds,
    onLine: options.onLine,
    environment: {
      ...serviceEnvironment(region, queue, patience),
      ...(backfillQueue === undefined ? {} : { BACKFILL_QUEUE_URL: throughEndpoint(backfillQueue.url, region) }),
      ...options.environment,
    },
  };
}
