/** What the process that runs tests is asked. */
export type Request =
  | { readonly kind: 'cover'; readonly file: string }
  | { readonly kind: 'try'; readonly mutant: number; readonly tests: readonly TestId[] };

/** What it answers; beats and begun tests come between, as long as its event loop turns. */
export type Answer =
  | { readonly kind: 'beat' }
  /** A test begins that takes so long without a mutant. */
  | { readonly kind: 'begun'; readonly milliseconds: number }
  | { readonly kind: 'covered'; readonly coverage: FileCoverage }
  | { readonly kind: 'tried'; readonly verdict: Verdict };

export interface TestId {
  readonly file: string;
  /** Among the tests of its file that are not skipped. */
  readonly index: number;
  /** How long it takes without a mutant. */
  readonly milliseconds: number;
}

/** What the tests of a file reach. */
export interface FileCoverage {
  readonly file: string;
  /** Mutants that are reached by importing the file alone: they are in force only in a process that begins with them. */
  readonly imported: readonly number[];
  readonly tests: readonly TestCoverage[];
}

export interface TestCoverage {
  readonly name: string;
  readonly milliseconds: number;
  readonly mutants: readonly number[];
  /** What it says when it fails without a mutant. */
  readonly failure?: string;
}

/**
 * | verdict   | a test                                                   | the process afterwards |
 * |-----------|----------------------------------------------------------|------------------------|
 * | unnoticed | passed, like all others                                  | can be used            |
 * | noticed   | failed, and passes again without the mutant              | can be used            |
 * | stuck     | did not end                                              | ends                   |
 * | spoiled   | failed, and fails without the mutant, too: try it afresh | ends                   |
 */
export interface Verdict {
  readonly kind: 'unnoticed' | 'noticed' | 'stuck' | 'spoiled';
  /** The test that failed. */
  readonly by?: TestId;
}
