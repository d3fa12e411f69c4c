/** Requests to the process that runs tests. */
export type Request =
  | { readonly kind: 'cover'; readonly file: string }
  | { readonly kind: 'try'; readonly mutant: number; readonly tests: readonly TestId[] };

/** Its answers; heartbeats and started tests are sent in between, as long as its event loop turns. */
export type Answer =
  | { readonly kind: 'beat' }
  /** A test starts that takes this long without a mutant. */
  | { readonly kind: 'begun'; readonly milliseconds: number }
  | { readonly kind: 'covered'; readonly coverage: FileCoverage }
  | { readonly kind: 'tried'; readonly verdict: Verdict };

export interface TestId {
  readonly file: string;
  /** Index among the tests of its file that are not skipped. */
  readonly index: number;
  /** Its duration without a mutant. */
  readonly milliseconds: number;
}

/** The mutants that the tests of a file reach. */
export interface FileCoverage {
  readonly file: string;
  /** Mutants that are reached just by importing the file: they take effect only in a process that starts with them. */
  readonly imported: readonly number[];
  readonly tests: readonly TestCoverage[];
}

export interface TestCoverage {
  readonly name: string;
  readonly milliseconds: number;
  readonly mutants: readonly number[];
  /** Its error if it fails without a mutant. */
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
