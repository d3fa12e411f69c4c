import type { FallbackShare } from '../result.ts';
import type { WatchedDeadLetters } from './dead-letters.ts';
import { type Fallback, startFallback } from './start-fallback.ts';
import { type Service, type ServiceOptions, startService } from './start-service.ts';

export interface RegionServiceOptions extends ServiceOptions {
  /** Max bytes of objects per invocation; tasks do the rest. Absent: there are no tasks. */
  readonly fallbackOverBytes?: number;
}

/** One service in its region, and the fallback that it may have. */
export interface RegionService {
  readonly service: Service;
  readonly fallback: Fallback | undefined;
}

/** @param cleanup receives the steps that stop both */
export async function startRegionService(
  options: RegionServiceOptions,
  cleanup: AsyncDisposableStack,
): Promise<RegionService> {
  const { kind, fallbackOverBytes, ...shared } = options;
  if (fallbackOverBytes === undefined) return { service: startAndDefer(options, cleanup), fallback: undefined };
  const fallback = await startFallback({ ...shared, role: kind });
  cleanup.defer(() => fallback.stop());
  const environment = {
    ...shared.environment,
    ...fallback.environment,
    // Read by the target only; the source gets its limit from the configuration.
    MAX_RESTORED_BYTES: String(fallbackOverBytes),
  };
  return { service: startAndDefer({ ...shared, kind, environment }, cleanup), fallback };
}

/**
 * Whether both queues are empty. Work beyond the function's limits is in the second queue before it leaves the first.
 */
export async function waitUntilIdle({ service, fallback }: RegionService): Promise<void> {
  await service.idle();
  await fallback?.idle();
}

export function fallbackDeadLetters(sides: readonly RegionService[]): WatchedDeadLetters[] {
  return fallbacksOf(sides).map(({ region, queue }) => ({
    name: `fallback queue of ${region.name}`,
    sqs: region.sqs,
    url: queue.deadLetters.url,
  }));
}

/** @returns undefined when there are no fallbacks */
export function sumFallbacks(
  { fallback: packing }: RegionService,
  targets: readonly RegionService[],
): FallbackShare | undefined {
  if (packing === undefined) return undefined;
  const restoring = fallbacksOf(targets);
  const all = [packing, ...restoring];
  return {
    packed: { objects: packing.log.packed, bytes: packing.log.bytes },
    restored: {
      objects: restoring.reduce((sum, { log }) => sum + log.restored, 0),
      bytes: restoring.reduce((sum, { log }) => sum + log.bytes, 0),
    },
    killedTasks: all.reduce((sum, { mishaps }) => sum + mishaps.kills, 0),
    reclaimedTasks: all.reduce((sum, { mishaps }) => sum + mishaps.reclaims, 0),
  };
}

function fallbacksOf(sides: readonly RegionService[]): Fallback[] {
  return sides.flatMap(({ fallback }) => (fallback === undefined ? [] : [fallback]));
}

function startAndDefer(options: ServiceOptions, cleanup: AsyncDisposableStack): Service {
  const service = startService(options);
  cleanup.defer(() => service.stop());
  return service;
}
