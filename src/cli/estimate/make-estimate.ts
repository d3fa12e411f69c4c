import { type ArchiveLimits, countArchives, SECONDS_PER_MONTH, TYPICAL_LIMITS } from '../../adaptive/break-even.ts';
import { DAYS_PER_MONTH } from '../../adaptive/cost-model.ts';
import { FRAME_TARGET } from '../../archive/format.ts';
import { filterFault } from '../../configuration/schema/key-filter.ts';
import { decideVerdict } from './decide-verdict.ts';
import type { Estimate, GroupEstimate } from './estimate.ts';
import { monthlyDollars } from './estimate-dollars.ts';
import type { DomainMeasure } from './measure-sample.ts';
import { addTotals, noTotals, OTHER_PREFIXES, type Stratum, scaleTotals, type Totals } from './population.ts';
import { estimateSizes } from './ratio-estimate.ts';
import type { RuleEconomics } from './rule-costs.ts';

/** The objects of this many days represent a month. */
export const RECENT_DAYS = 30;
/** The settings of a new rule. */
const LIMITS: ArchiveLimits = TYPICAL_LIMITS;

/** The objects of a stratum that arrive in a month. */
export type MonthOf = (stratum: Stratum) => Totals;

/**
 * The volume of a month: a given volume of objects like the existing ones, or what was written in the last 30 days.
 * @param monthlyBytes of all strata together; undefined: what was written
 */
export function monthOf(strata: readonly Stratum[], monthlyBytes: number | undefined): MonthOf {
  if (monthlyBytes === undefined) return ({ recent }) => scaleTotals(recent, DAYS_PER_MONTH / RECENT_DAYS);
  const bytes = strata.reduce((sum, { totals }) => sum + totals.bytes, 0);
  return ({ totals }) => scaleTotals(totals, bytes === 0 ? 0 : monthlyBytes / bytes);
}

/** Bytes of objects in an archive of a group in such a month; full frames if nothing arrives. */
export function archiveBytesOf(strata: readonly Stratum[], month: MonthOf): (group: string) => number {
  const groups = new Map<string, Totals>();
  for (const stratum of strata) {
    const totals = groups.get(stratum.group) ?? noTotals();
    addTotals(totals, month(stratum));
    groups.set(stratum.group, totals);
  }
  return (name) => {
    const { objects, bytes } = groups.get(name) ?? noTotals();
    if (objects === 0 || bytes === 0) return FRAME_TARGET;
    return bytes / countArchives({ objects, bytes, seconds: SECONDS_PER_MONTH }, LIMITS);
  };
}

export interface EstimateInput
  extends Pick<Estimate, 'source' | 'bucket' | 'region' | 'to' | 'monthIs' | 'reading' | 'remarks'> {
  /** Prefix of all keys. */
  readonly prefix: string;
  readonly measures: readonly DomainMeasure[];
  readonly month: MonthOf;
  readonly economics: RuleEconomics;
}

/** Combines the measurements into an estimate. */
export function makeEstimate({ measures, month, economics, prefix, ...facts }: EstimateInput): Estimate {
  const { prices, rule: ruleDollars, regions: regionDollars } = economics;
  const groupOf = (name: string, domains: readonly DomainMeasure[]): GroupEstimate =>
    estimateGroup(name, domains, month, economics);
  const names = new Set(measures.map(({ group }) => group));
  const groups = Array.from(names, (name) =>
    groupOf(
      name,
      measures.filter(({ group }) => group === name),
    ),
  ).toSorted((left, right) => right.bytes - left.bytes);
  const total = groupOf(prefix, measures);
  const verdict = decideVerdict({
    candidates: groups.map((group) => ({
      prefix: group.prefix,
      saved: savedBy(group),
      canBeRule: canBeRule(group.prefix, groups),
    })),
    savedByOne: savedBy(total),
    ruleDollars,
    regionDollars,
  });
  return {
    ...facts,
    groups,
    total,
    fixed: { rule: ruleDollars, regions: regionDollars },
    verdict,
    prices: { date: prices.date, source: prices.source },
  };
}

/** USD per month before the cost of a rule. */
export function savedBy({ month }: GroupEstimate): number {
  return month.plain - month.ours;
}

function estimateGroup(
  prefix: string,
  domains: readonly DomainMeasure[],
  month: MonthOf,
  { costs, rule }: RuleEconomics,
): GroupEstimate {
  const all = estimateSizes(domains, ({ totals }) => totals);
  const monthly = estimateSizes(domains, month);
  const dollars = monthlyDollars(monthly, costs, LIMITS);
  const ratio = all.archiveBytes === 0 ? 1 : all.totals.bytes / all.archiveBytes;
  return {
    prefix,
    objects: all.totals.objects,
    bytes: all.totals.bytes,
    sampledBytes: domains.reduce((sum, { bytes }) => sum + bytes, 0),
    ratio,
    ratioMargin: all.archiveBytes === 0 ? 0 : (ratio * all.margin) / all.archiveBytes,
    month: { objects: monthly.totals.objects, bytes: monthly.totals.bytes, ...dollars },
    pays: dollars.plain - dollars.ours > rule,
  };
}

/** A rule selects all keys that begin with its prefix, including those of other groups. */
function canBeRule(prefix: string, groups: readonly GroupEstimate[]): boolean {
  if (prefix === OTHER_PREFIXES || filterFault(prefix) !== undefined) return false;
  return groups.every((other) => other.prefix === prefix || !other.prefix.startsWith(prefix));
}
