import { formatPlural } from '../command/numbers.ts';
import type { DemoResult } from './result.ts';

/** The outcome in one sentence. */
export function verdictOf({ verification, deadLetters, violations }: DemoResult): string {
  const { identical, lost, altered } = verification;
  const dead = deadLetters.length === 0 ? '' : `, ${formatPlural(deadLetters.length, 'dead letter')}`;
  const broken = violations.length === 0 ? '' : `, ${formatPlural(violations.length, 'violation')}`;
  return `${formatPlural(identical, 'object')} identical, ${lost} lost, ${altered} altered${dead}${broken}`;
}
