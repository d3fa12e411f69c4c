import { formatCount, formatPlural, formatSeconds } from '../../command/numbers.ts';
import type { DeadLetterFound } from '../pipeline/dead-letters.ts';
import type { FaultsMet } from '../result.ts';
import type { Verification } from '../verify/verify-destinations.ts';
import type { VerifyReport } from './judge-existing.ts';

/** What the demo of existing objects measured and found. */
export interface ExistingResult {
  /** Objects in the bucket before the rule, without archived ones. */
  readonly objects: number;
  readonly archived: number;
  readonly overwritten: number;
  readonly queued: number;
  /** From the first queued object until all were restored. */
  readonly backfillSeconds: number;
  readonly planted: number;
  readonly found: number;
  readonly repaired: number;
  /** After the backfill; after the repair. */
  readonly verified: VerifyReport;
  readonly healed: VerifyReport;
  /** Every object of the source read back at the targets, by the demo itself. */
  readonly verification: Verification;
  readonly faults: FaultsMet;
  readonly deadLetters: readonly DeadLetterFound[];
  readonly problems: readonly string[];
}

export function isExistingFlawless({ problems, verification, deadLetters }: ExistingResult): boolean {
  return problems.length + verification.lost + verification.altered + deadLetters.length === 0;
}

export function renderExisting(result: ExistingResult): string {
  const { verified, healed, faults } = result;
  const wrong = ({ missing, older, different, foreign }: VerifyReport): string =>
    `${missing} missing, ${older} older, ${different} different, ${foreign} foreign`;
  const lines: readonly (readonly [string, string])[] = [
    ['before the rule', `${formatPlural(result.objects, 'object')}, and ${result.archived} in an archived class`],
    [
      'backfill',
      `${formatPlural(result.queued, 'object')} queued, all restored after ${formatSeconds(result.backfillSeconds)}`,
    ],
    [
      'meanwhile',
      `${formatCount(result.overwritten)} overwritten, ${faults.failedCalls} calls failed, ${faults.killedWorkers} functions killed`,
    ],
    ['verify', `${formatCount(verified.equal)} equal, ${wrong(verified)}`],
    ['planted', describePlanted(result)],
    ['repair', `${formatCount(result.repaired)} queued, then ${wrong(healed)}; ${healed.extra} extra left alone`],
  ];
  return lines.map(([name, text]) => `${name.padEnd(16)} ${text}`).join('\n');
}

/** A difference that is reported as the wrong kind counts as not found. */
function describePlanted({ found, planted }: ExistingResult): string {
  const share = `${found} of ${planted} differences found`;
  return found === planted
    ? `${share}, each with the right kind`
    : `${share} with the right kind, ${planted - found} not`;
}

/** The outcome in one sentence. */
export function existingVerdict({ verification, deadLetters, problems }: ExistingResult): string {
  const { identical, lost, altered } = verification;
  const dead = deadLetters.length === 0 ? '' : `, ${formatPlural(deadLetters.length, 'dead letter')}`;
  const broken = problems.length === 0 ? '' : `, ${formatPlural(problems.length, 'violation')}`;
  return `${formatPlural(identical, 'object')} identical, ${lost} lost, ${altered} altered${dead}${broken}`;
}
