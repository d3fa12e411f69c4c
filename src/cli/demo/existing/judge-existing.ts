import * as z from 'zod';
import type { Verification } from '../verify/verify-destinations.ts';
import type { PlantedKeys } from './plan-bucket.ts';

const reportedNumber = z.number();

/** The parts of a report of `s3xrc verify` that are checked. */
const reportSchema = z.object({
  compared: reportedNumber,
  equal: reportedNumber,
  missing: reportedNumber,
  older: reportedNumber,
  different: reportedNumber,
  foreign: reportedNumber,
  extra: reportedNumber,
  notDue: reportedNumber,
  archived: reportedNumber,
  repaired: reportedNumber,
  samples: z.record(z.string(), z.array(z.object({ key: z.string() }))),
});

export type VerifyReport = z.infer<typeof reportSchema>;

export function readVerifyReport(report: unknown): VerifyReport {
  return reportSchema.parse(report);
}

/** Kinds of differences that a repair fixes. */
export const REPAIRED_KINDS = ['missing', 'older', 'different', 'foreign'] as const;
export type PlantedKind = (typeof REPAIRED_KINDS)[number] | 'extra';

/** The planted keys by the kind that must be reported. */
export function plantedByKind({
  missing,
  older,
  different,
  foreign,
  extra,
}: PlantedKeys): Record<PlantedKind, string[]> {
  return {
    missing: [...missing.deleted, ...missing.unannounced],
    older: [...older],
    different: [...different.shorter, ...different.sameSize],
    foreign: [...foreign.replaced, ...foreign.edited],
    extra: [...extra],
  };
}

/** Keys that were planted as a kind and reported as the same kind. */
export function foundOf(planted: PlantedKeys, reports: readonly VerifyReport[]): number {
  return Object.entries(plantedByKind(planted)).reduce((sum, [kind, keys]) => {
    const found = new Set(reports.flatMap(({ samples }) => (samples[kind] ?? []).map(({ key }) => key)));
    return sum + keys.filter((key) => found.has(key)).length;
  }, 0);
}

export function countPlanted(planted: PlantedKeys): number {
  return Object.values(plantedByKind(planted)).flat().length;
}

/**
 * Describes in a sentence what is wrong with a verification's result; undefined if nothing is. @param extra expected
 * extra copies
 */
export function describeProblems(what: string, report: VerifyReport, extra = 0): string[] {
  const wrong = REPAIRED_KINDS.filter((kind) => report[kind] > 0).map((kind) => `${report[kind]} ${kind}`);
  if (report.notDue > 0) wrong.push(`${report.notDue} not due`);
  if (report.extra !== extra) wrong.push(`${report.extra} extra instead of ${extra}`);
  return wrong.length === 0 ? [] : [`${what}: verify found ${wrong.join(', ')}`];
}

/** The objects themselves, without the planted keys that exist only at the target and are never deleted. */
export function withoutExtra(
  { identical, lost, altered, findings }: Verification,
  isExtra: (key: string) => boolean,
): Verification {
  const kept = findings.filter(({ key }) => !isExtra(key));
  const extra = new Set(findings.filter(({ key }) => isExtra(key)).map(({ key }) => key));
  return { identical, lost, altered: altered - extra.size, findings: kept };
}
