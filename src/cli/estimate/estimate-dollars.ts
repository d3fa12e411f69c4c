import { type ArchiveLimits, countArchives, SECONDS_PER_MONTH } from '../../adaptive/break-even.ts';
import { type Amounts, isMultipart, type RuleCosts, sumLines } from '../../adaptive/cost-model.ts';
import type { SizeEstimate } from './ratio-estimate.ts';

/** USD per month. */
export interface MonthlyDollars {
  /** S3 replicating every object directly. */
  readonly plain: number;
  /** With this product, without the fixed cost of a rule. */
  readonly ours: number;
}

/**
 * The cost of a month of such objects by the cost model, if they arrive evenly.
 * @param month objects of a month
 */
export function monthlyDollars(month: SizeEstimate, costs: RuleCosts, limits: ArchiveLimits): MonthlyDollars {
  const amounts = monthlyAmounts(month, limits);
  return { plain: sumLines(costs.plain, amounts), ours: sumLines(costs.ours, amounts) };
}

export function monthlyAmounts({ totals, archiveBytes, cpuSeconds }: SizeEstimate, limits: ArchiveLimits): Amounts {
  const { objects, bytes, largeObjects, largeWrites } = totals;
  const archives = objects === 0 ? 0 : countArchives({ objects, bytes, seconds: SECONDS_PER_MONTH }, limits);
  return {
    archives,
    objects,
    originalBytes: bytes,
    archiveBytes,
    cpuSeconds,
    multipartArchives: archives > 0 && isMultipart(archiveBytes / archives) ? archives : 0,
    largeWrites,
    // A large object costs a HEAD before it is written.
    looks: largeObjects,
  };
}
