import type { Verdict } from './decide-verdict.ts';

/** Objects under one prefix, or all of them. */
export interface GroupEstimate {
  /** What its keys begin with. */
  readonly prefix: string;
  readonly objects: number;
  readonly bytes: number;
  /** Bytes of the sample. */
  readonly sampledBytes: number;
  /** Object bytes over archive bytes. */
  readonly ratio: number;
  /** Half of the 95 % confidence interval of `ratio`. */
  readonly ratioMargin: number;
  /** What comes in a month, and what it costs, in USD. */
  readonly month: {
    readonly objects: number;
    readonly bytes: number;
    /** S3 replicating every object by itself. */
    readonly plain: number;
    /** With this product, without what a rule costs whatever its volume. */
    readonly ours: number;
  };
  /** Whether a rule of its own would pay for itself. */
  readonly pays: boolean;
}

/** What an estimate found. Dollars are USD per month. */
export interface Estimate {
  readonly source: string;
  readonly bucket: string;
  readonly region: string;
  readonly to: readonly string[];
  /** The most bytes first. */
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
  /** What the numbers do not tell, in sentences. */
  readonly remarks: readonly string[];
}
