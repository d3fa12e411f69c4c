import type { Verdict } from './decide-verdict.ts';

/** Objects under one prefix, or all of them. */
export interface GroupEstimate {
  /** Prefix of its keys. */
  readonly prefix: string;
  readonly objects: number;
  readonly bytes: number;
  /** Bytes of the sample. */
  readonly sampledBytes: number;
  /** Object bytes divided by archive bytes. */
  readonly ratio: number;
  /** Half of the 95% confidence interval of `ratio`. */
  readonly ratioMargin: number;
  /** The objects of a month, and their cost in USD. */
  readonly month: {
    readonly objects: number;
    readonly bytes: number;
    /** S3 replicating every object directly. */
    readonly plain: number;
    /** With this product, without the fixed cost of a rule. */
    readonly ours: number;
  };
  /** Whether a separate rule would pay for itself. */
  readonly pays: boolean;
}

/** The result of an estimate. Dollars are USD per month. */
export interface Estimate {
  readonly source: string;
  readonly bucket: string;
  readonly region: string;
  readonly to: readonly string[];
  /** Sorted by bytes, largest first. */
  readonly groups: readonly GroupEstimate[];
  readonly total: GroupEstimate;
  readonly fixed: {
    /** Of each rule. */
    readonly rule: number;
    /** Of the regions, before the first rule. */
    readonly regions: number;
  };
  readonly verdict: Verdict;
  /** Whether the volume of a month was given or is that of the last 30 days. */
  readonly monthIs: 'given' | 'last-30-days';
  readonly reading: {
    readonly listRequests: number;
    readonly readRequests: number;
    readonly bytes: number;
    /** USD of both kinds of requests. */
    readonly dollars: number;
  };
  readonly prices: { readonly date: string; readonly source: string };
  /** Sentences about what the numbers do not cover. */
  readonly remarks: readonly string[];
}
