import type { Destination } from '../configuration/rule.ts';
import type { CopyFinding, VerificationCounts } from './dependencies.ts';

type FaultCounts = Pick<
  VerificationCounts,
  'missing' | 'older' | 'different' | 'foreign' | 'foreignKept' | 'unreadable'
>;

/**
 * Copies that are not what the rule promises, or that could not be judged. Copies by other writers are wrong if the
 * source wins.
 */
export function countFaults(
  { missing, older, different, foreign, foreignKept, unreadable }: FaultCounts,
  { destinations }: { readonly destinations: readonly Pick<Destination, 'onConflict'>[] },
): number {
  // A checkpoint of an earlier version does not record which were kept.
  const sourceWins = destinations.some(({ onConflict }) => onConflict === 'overwrite');
  return missing + older + different + unreadable + (sourceWins ? foreign - foreignKept : 0);
}

/** Whether a finding is one of those that `countFaults` counts. */
export function isFaultFound({ kind, destination }: Pick<CopyFinding, 'kind' | 'destination'>): boolean {
  if (kind === 'foreign') return destination.onConflict === 'overwrite';
  return ['missing', 'older', 'different', 'unreadable'].includes(kind);
}
