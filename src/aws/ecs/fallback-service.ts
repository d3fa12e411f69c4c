import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import type { FallbackService } from '../../messages/message-queue.ts';
import { FallbackServiceError } from '../errors.ts';

/**
 * A function must not spend its invocation on this; the service's own scaling starts a task a few minutes later anyway.
 */
const TIMEOUT_MILLISECONDS = 5_000;
const ATTEMPTS = 2;

/** The ECS service that works on a fallback queue. */
export class EcsFallbackService implements FallbackService {
  readonly #cluster: string;
  readonly #service: string;
  readonly #client: ECSClientConfig;

  /** @param name `cluster/service` */
  constructor(name: string, client: ECSClientConfig = {}) {
    const [cluster = '', service = ''] = name.split('/');
    this.#cluster = cluster;
    this.#service = service;
    this.#client = { maxAttempts: ATTEMPTS, ...client };
  }

  /**
   * Raises the desired count from 0 to 1. A count above 0 was set by scaling and is left alone.
   *
   * ECS has no condition "only if it is still 0". So the count is also left alone while tasks are running: then scaling
   * has only just lowered it, or a protected task is still working and receives messages. One race remains, between two
   * calls of which the first may return data that is seconds old: scaling raises the count from 0 to 30, and this call
   * sets it back to 1. The scaling alarm raises it to 30 again a minute later, and no task has run long enough to have
   * started any work.
   * @throws FallbackServiceError
   */
  async wake(): Promise<void> {
    // Loaded here: most invocations never need it, and every cold start would pay for it.
    const { DescribeServicesCommand, ECSClient, UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
    const client = new ECSClient(this.#client);
    const abortSignal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    const [cluster, service] = [this.#cluster, this.#service];
    try {
      const { services = [], failures = [] } = await client.send(
        new DescribeServicesCommand({ cluster, services: [service] }),
        { abortSignal },
      );
      const [found] = services;
      if (found === undefined) throw new Error(failures[0]?.reason ?? 'ECS does not list it');
      const { desiredCount = 0, runningCount = 0, pendingCount = 0 } = found;
      if (desiredCount + runningCount + pendingCount > 0) return;
      await client.send(new UpdateServiceCommand({ cluster, service, desiredCount: 1 }), { abortSignal });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FallbackServiceError(
        `The first task of ${cluster}/${service} could not be started: ${reason}. Scaling will start it within minutes.`,
        { context: { cluster, service }, cause },
      );
    } finally {
      client.destroy();
    }
  }
}
