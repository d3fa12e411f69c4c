import type { Destination } from '../configuration/rule.ts';
import type { VerificationCounts } from './dependencies.ts';

type FaultCounts = Pick<VerificationCounts, 'missing' | 'older' | 'different' | 'foreign'>;

/** Copies that are not what the rule promises. What others wrote is wrong where the rule says that the source wins. */
export function countFaults(
  { missing, older, different, foreign }: FaultCounts,
  { destinations }: { readonly destinations: readonly Pick<Destination, 'onConflict'>[] },
): number {
  const sourceWins = destinations.some(({ onConflict }) => onConflict === 'overwrite');
  return missing + older + different + (sourceWins ? foreign : 0);
}
