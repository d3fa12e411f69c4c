import { archiveLimits, countArchives, TYPICAL_PROFILE, trafficAmounts } from '../../adaptive/break-even.ts';
import { VCPU_MEGABYTES } from '../../adaptive/compute-price.ts';
import { ruleCosts, sumLines } from '../../adaptive/cost-model.ts';
import { MEASURED_WORK } from '../../adaptive/measured-work.ts';
import type { RateLimits } from '../../backfill/rate-limiter.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import type { Prices } from '../../configuration/prices/prices.ts';

/** The time and cost to bring this many objects from the queue to the destinations. */
export interface BackfillCost {
  readonly archives: number;
  /** Seconds until everything is packed. */
  readonly hours: number;
  /** USD for everything that AWS bills, if objects compress to a third. */
  readonly dollars: number;
  /** The same if they do not compress at all. */
  readonly dollarsAtMost: number;
  /** S3 Batch Replication of the same objects, without its fee per job and per million objects. */
  readonly plainDollars: number;
}

/** Min objects per second that one machine lists and queues (docs/performance.md). */
const QUEUED_PER_SECOND = 20_000;
const SECONDS_PER_HOUR = 3600;
const INCOMPRESSIBLE = { ...TYPICAL_PROFILE, ratio: 1 };

/** @throws MissingPriceError */
export function backfillCost(
  { objects, bytes }: { readonly objects: number; readonly bytes: number },
  rule: DeployedRule,
  prices: Prices,
  { rate = QUEUED_PER_SECOND, bytesPerHour = Number.POSITIVE_INFINITY }: RateLimits,
): BackfillCost {
  if (objects === 0) return { archives: 0, hours: 0, dollars: 0, dollarsAtMost: 0, plainDollars: 0 };
  const limits = archiveLimits(rule);
  const costs = ruleCosts(rule, prices);
  const traffic = { objects, bytes };
  const vcpus = rule.sizing.maximumConcurrency * (rule.sizing.functionMemoryMegabytes / VCPU_MEGABYTES);
  const packing =
    (objects * MEASURED_WORK.sourceSecondsPerObject +
      bytes * (MEASURED_WORK.sourceSecondsPerByte + TYPICAL_PROFILE.cpuSecondsPerByte)) /
    vcpus;
  const queueing = Math.max(objects / Math.min(rate, QUEUED_PER_SECOND), (bytes / bytesPerHour) * SECONDS_PER_HOUR);
  return {
    archives: Math.max(1, Math.ceil(countArchives(traffic, limits))),
    hours: Math.max(packing, queueing) / SECONDS_PER_HOUR,
    dollars: sumLines(costs.ours, trafficAmounts(TYPICAL_PROFILE, limits, traffic)),
    dollarsAtMost: sumLines(costs.ours, trafficAmounts(INCOMPRESSIBLE, limits, traffic)),
    plainDollars: sumLines(costs.plain, trafficAmounts(TYPICAL_PROFILE, limits, traffic)),
  };
}
