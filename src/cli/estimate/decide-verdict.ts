/** A prefix as a candidate for a separate rule. USD per month. */
export interface Candidate {
  readonly prefix: string;
  /** Savings before the cost of a rule; negative if plain replication is cheaper. */
  readonly saved: number;
  /** Whether a rule can have exactly this prefix. */
  readonly canBeRule: boolean;
}

export interface VerdictInput {
  readonly candidates: readonly Candidate[];
  /** Savings of one rule for all of them, before its cost. */
  readonly savedByOne: number;
  /** Fixed cost of a rule. */
  readonly ruleDollars: number;
  /** Cost of the regions before the first rule. */
  readonly regionDollars: number;
}

export type VerdictKind = 'use' | 'use-some' | 'leave';

export interface Verdict {
  readonly kind: VerdictKind;
  /** The prefixes that get a separate rule; empty for one rule for everything. */
  readonly prefixes: readonly string[];
  /** USD saved per month compared with S3's own replication. */
  readonly net: number;
}

/**
 * Chooses the cheapest candidate:
 *
 * | candidate                               | saves per month                                    | verdict    |
 * |-----------------------------------------|----------------------------------------------------|------------|
 * | S3 replicates everything                | 0                                                  | `leave`    |
 * | one rule for all                        | saved together, less one rule, less the regions    | `use`      |
 * | a rule for each prefix that pays for it | the sum of saved less a rule each, less the regions | `use-some` |
 */
export function decideVerdict({ candidates, savedByOne, ruleDollars, regionDollars }: VerdictInput): Verdict {
  const paying = candidates.filter(({ saved, canBeRule }) => canBeRule && saved > ruleDollars);
  const some: Verdict = {
    kind: 'use-some',
    prefixes: paying.map(({ prefix }) => prefix),
    net: paying.reduce((sum, { saved }) => sum + saved - ruleDollars, 0) - regionDollars,
  };
  const all: Verdict = { kind: 'use', prefixes: [], net: savedByOne - ruleDollars - regionDollars };
  const best = paying.length > 0 && some.net > all.net ? some : all;
  return best.net > 0 ? best : { kind: 'leave', prefixes: [], net: 0 };
}
