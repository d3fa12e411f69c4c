import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatedRegion } from '../../../../local-cloud/emulated-cloud.ts';
import { createQueuePair, type QueuePair } from '../../../../local-cloud/pipeline/queue-pair.ts';
import { isQueueEmpty } from '../../../../local-cloud/queue-depth.ts';
import { WorkerService } from '../../../../local-cloud/worker-service.ts';
import { FunctionLog } from './function-log.ts';
import { serviceEnvironment, throughEndpoint } from './service-environment.ts';
import { TaskFaultInjector } from './task-fault-injector.ts';
import type { Timeouts } from './timeouts.ts';

/** Short, since the message of a killed task stays hidden this long; otherwise the heartbeat extends it. */
const VISIBILITY_SECONDS = 6;
const POLL_MILLISECONDS = 50;
/** Default size of a rule's tasks: CPU units and MiB. */
const TASK = { cpu: 2048, memory: 4096 };

export interface FallbackOptions {
  readonly role: 'source' | 'target';
  /** Folder of the bundles. */
  readonly bundles: string;
  readonly region: EmulatedRegion;
  /** Additional variables of this side's function. */
  readonly environment: Readonly<Record<string, string>>;
  readonly patience: Timeouts;
  readonly onLine: (line: string) => void;
  /** Kills a task while it is working and reclaims the next one. */
  readonly hasFaults: boolean;
}

/** The fallback of one side in one region: its queue, and a task that works on it. */
export interface Fallback {
  readonly region: EmulatedRegion;
  readonly queue: QueuePair;
  /** Variables that this side's function needs to use it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The work of its tasks. */
  readonly log: FunctionLog;
  readonly mishaps: TaskFaultInjector;
  /** Resolves when the queue is empty. @throws WorkerTaskError when a task failed */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFallback(options: FallbackOptions): Promise<Fallback> {
  const { role, bundles, region, patience } = options;
  const queue = await createQueuePair(region.sqs, `fallback-${role}`, {
    visibilitySeconds: VISIBILITY_SECONDS,
    maxReceiveCount: patience.maxReceives,
  });
  const log = new FunctionLog();
  const mishaps = new TaskFaultInjector();
  const service = new WorkerService({
    bundle: join(bundles, 'fallback.mjs'),
    environment: {
      ...serviceEnvironment(region, queue, patience),
      FALLBACK_ROLE: role,
      TASK_CPU: String(TASK.cpu),
      TASK_MEMORY: String(TASK.memory),
      VISIBILITY_TIMEOUT: String(VISIBILITY_SECONDS),
      ...options.environment,
    },
    onLine: (line) => {
      log.read(line);
      options.onLine(line);
      if (options.hasFaults) mishaps.follow(line, service);
    },
  });
  service.start();
  return {
    region,
    queue,
    environment: { FALLBACK_QUEUE_URL: throughEndpoint(queue.url, region) },
    log,
    mishaps,
    idle: async () => {
      while (!(await service.orFailure(isQueueEmpty(region.sqs, queue.url)))) await sleep(POLL_MILLISECONDS);
    },
    stop: () => service.stop(),
  };
}
