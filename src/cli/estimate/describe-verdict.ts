import { formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import type { Verdict } from './decide-verdict.ts';
import type { Estimate } from './estimate.ts';
import { formatMonthly } from './format-monthly.ts';
import { savedBy } from './make-estimate.ts';

/** Max prefixes to name; the rest are only counted. */
const NAMED = 5;

/** The verdict in words. */
export function describeVerdict(verdict: Verdict, { total, fixed }: Pick<Estimate, 'total' | 'fixed'>): string {
  const net = `It saves ${formatMonthly(verdict.net)} a month`;
  switch (verdict.kind) {
    case 'use':
      return `Use it, with one rule for everything. ${net} after fixed costs.`;
    case 'use-some':
      return `Use it for ${namePrefixes(verdict.prefixes)}, and leave the rest to S3. ${net} after fixed costs.`;
    case 'leave':
      return `Leave it to S3: ${reasonToLeave(savedBy(total), fixed)}`;
  }
}

function namePrefixes(prefixes: readonly string[]): string {
  const named = prefixes.slice(0, NAMED).map((prefix) => printableKey(prefix));
  const others = prefixes.length - named.length;
  return `${named.join(', ')}${others === 0 ? '' : ` and ${formatPlural(others, 'other')}`}`;
}

function reasonToLeave(saved: number, { rule, regions }: Estimate['fixed']): string {
  if (saved <= 0) return `S3's own replication costs ${formatMonthly(-saved)} a month less.`;
  return `the savings, ${formatMonthly(saved)} a month, do not cover the fixed costs of ${formatMonthly(rule + regions)}. If the regions are already in use, a rule costs ${formatMonthly(rule)}.`;
}
