import { setTimeout as delay } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { TaskSize } from '../adaptive/compute-price.ts';
import { EcsTaskProtection } from '../aws/ecs/task-protection.ts';
import { SqsMessageQueue } from '../aws/sqs/message-queue.ts';
import { SqsWorkSource } from '../aws/sqs/work-source.ts';
import { PowertoolsWorkerTelemetry, type WorkerTelemetryOptions } from '../aws/telemetry/worker.ts';
import { countVariable, type Environment, readEnvironment, urlVariable } from '../configuration/environment.ts';
import { packBatch } from '../packing/process-batch.ts';
import { restoreBatch } from '../restoring/process-batch.ts';
import { WorkInterruptedError } from '../worker/errors.ts';
import type { ProcessMessage, WorkerClock, WorkerEnd } from '../worker/ports.ts';
import { runWorker } from '../worker/run-worker.ts';
import { openPackingService, type PackingSlot, sourceVariables } from './source.ts';
import { openRestoringService, type RestoringSlot, targetVariables } from './target.ts';

/** Environment variables of the task, besides those of the function whose work it does. */
export const workerVariables = z.object({
  /** The function whose work the task does; the variables of that function are set, too. */
  FALLBACK_ROLE: z.enum(['source', 'target']),
  /** Size of the task, which determines the price of its work: CPU units (1,024 are one vCPU) and MiB. */
  TASK_CPU: countVariable,
  TASK_MEMORY: countVariable,
  /** Seconds: the visibility timeout of the fallback queue. */
  VISIBILITY_TIMEOUT: countVariable.max(43_200),
  /** Seconds without a message after which the worker ends; 0: never. */
  IDLE_EXIT_SECONDS: z.coerce.number().int().nonnegative().default(0),
  /** Set by ECS; absent: there is no agent that could protect the task from scale-in. */
  ECS_AGENT_URI: urlVariable.optional(),
});

/** While one archive waits for its first bytes or its last response, the other keeps the processors busy. */
const SLOTS = 2;

/** A task has no time limit, and no archive is too large for it. */
const WITHOUT_LIMIT = Number.POSITIVE_INFINITY;

/** There is no fallback behind it: it dead-letters work that it cannot do. */
const NOBODY_ELSE = { FALLBACK_QUEUE_URL: undefined };

const CLOCK: WorkerClock = {
  now: () => performance.now(),
  // An aborted timer is not a failure: the caller checks the signal.
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
};

/**
 * Runs the worker on a fallback queue: the use cases of the function whose environment it has, without the limits of an
 * invocation. Resolves when the queue was empty for long enough, or when everything is requeued after `ended`.
 * @param ended aborts when the task is about to be ended; if it has by the time the worker is ready, no work is taken
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function runFallbackWorker(environment: Environment, ended: AbortSignal): Promise<WorkerEnd> {
  const settings = readEnvironment(workerVariables, environment);
  const { FALLBACK_ROLE, ECS_AGENT_URI } = settings;
  const task = { cpu: settings.TASK_CPU, memoryMebibytes: settings.TASK_MEMORY };
  const work = FALLBACK_ROLE === 'source' ? await sourceWork(environment, task) : await targetWork(environment, task);
  const telemetry = new PowertoolsWorkerTelemetry({ role: FALLBACK_ROLE, packs: work.packs, now: Date.now });
  const client = new SQSClient({});
  const queue = new SqsMessageQueue({
    client,
    queueUrl: work.queues.QUEUE_URL,
    deadLetterQueueUrl: work.queues.DEAD_LETTER_QUEUE_URL,
    onFailure: (error) => {
      telemetry.queueFailed(error);
    },
  });
  const options = {
    source: new SqsWorkSource({ client, queueUrl: work.queues.QUEUE_URL }),
    queue,
    slots: work.slots,
    protection: ECS_AGENT_URI === undefined ? undefined : new EcsTaskProtection(ECS_AGENT_URI),
    telemetry,
    clock: CLOCK,
    random: Math.random,
    visibilitySeconds: settings.VISIBILITY_TIMEOUT,
    idleExitSeconds: settings.IDLE_EXIT_SECONDS,
  };
  try {
    return await runWorker(options, interruption(ended));
  } finally {
    await work.close();
    client.destroy();
  }
}

/** The same signal, with the reason that the services expect. */
function interruption(ended: AbortSignal): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort(new WorkInterruptedError('The task is about to be stopped; another one takes over'));
  };
  if (ended.aborted) stop();
  else ended.addEventListener('abort', stop, { once: true });
  return stopping.signal;
}

interface TaskWork {
  readonly slots: readonly ProcessMessage[];
  readonly queues: { readonly QUEUE_URL: string; readonly DEAD_LETTER_QUEUE_URL: string };
  readonly packs?: WorkerTelemetryOptions['packs'];
  close(): Promise<void>;
}

async function sourceWork(environment: Environment, task: TaskSize): Promise<TaskWork> {
  const queues = readEnvironment(sourceVariables, environment);
  const service = await openPackingService({ ...queues, ...NOBODY_ELSE }, SLOTS, task);
  const slots = Array.from({ length: SLOTS }, () => packWithoutLimits(service.slot()));
  return { slots, queues, packs: service, close: () => service.close() };
}

function packWithoutLimits({ dependencies, telemetry }: PackingSlot): ProcessMessage {
  const { rule } = dependencies;
  const source = { ...rule.source, maxObjectBytes: WITHOUT_LIMIT };
  return async (message, queue, stop) => {
    try {
      const unlimited = { ...dependencies, rule: { ...rule, source }, queue, stop };
      return await packBatch([message], () => WITHOUT_LIMIT, unlimited);
    } finally {
      telemetry.flush();
    }
  };
}

async function targetWork(environment: Environment, task: TaskSize): Promise<TaskWork> {
  const queues = readEnvironment(targetVariables, environment);
  const service = await openRestoringService({ ...queues, ...NOBODY_ELSE }, SLOTS, task);
  const slots = Array.from({ length: SLOTS }, () => restoreWithoutLimits(service.slot()));
  return { slots, queues, close: () => service.close() };
}

function restoreWithoutLimits({ dependencies, telemetry }: RestoringSlot): ProcessMessage {
  const limits = { ...dependencies.limits, maxRestoredBytes: WITHOUT_LIMIT };
  return async (message, queue, stop) => {
    const started = performance.now();
    try {
      return await restoreBatch([message], () => WITHOUT_LIMIT, { ...dependencies, limits, queue, stop });
    } finally {
      telemetry.flush((performance.now() - started) / 1000);
    }
  };
}
