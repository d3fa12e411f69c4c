import type { VerificationStatus } from './describe-verification.ts';
import type { TaskCounts } from './read-state.ts';

/** The backlog of a function or a task. `null` means that it could not be read, here and below. */
export interface Backlog {
  /** Visible or delayed messages; each is an object at the source, or an archive at a target. */
  readonly waiting: number | null;
  readonly inWork: number | null;
  /** Seconds since the oldest of them was sent, as reported by SQS. */
  readonly oldestSeconds: number | null;
  readonly deadLetters: number | null;
  /** Absent: no fallback. */
  readonly tasks?: TaskCounts | null;
}

/** What was packed in a period. */
export interface RuleTraffic {
  readonly objects: number | null;
  /** Of the objects. */
  readonly bytes: number | null;
  readonly archiveBytes: number | null;
}

export interface RouteStatus {
  readonly region: string;
  /** Everything that was written more than this many seconds ago is restored there. */
  readonly watermarkSeconds: number | null;
  readonly objectiveSeconds: number;
  /** Objects, once per destination. */
  readonly restored: { readonly hour: number | null; readonly day: number | null };
}

export interface RuleStatus {
  readonly id: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly hour: RuleTraffic;
  readonly day: RuleTraffic;
  /** US dollars of the last day. */
  readonly dollars: {
    /** How much more S3's own transfer of the objects would have cost than that of the archives. */
    readonly saved: number | null;
    /** How much more everything else cost than with plain replication. */
    readonly spent: number | null;
  };
  /** US dollars per month, independent of the volume. */
  readonly fixedDollars: number;
  readonly backlog: Backlog;
  /** Messages about existing objects. */
  readonly backfill: number | null;
  readonly givenUp: number | null;
  /** Absent: the rule has no scheduled verifications. */
  readonly verification?: VerificationStatus | null;
  readonly routes: readonly RouteStatus[];
}

/** The arriving archives in a target region, for all rules. */
export interface ArrivalStatus {
  readonly region: string;
  readonly backlog: Backlog;
}

export interface PipelineStatus {
  /** ISO 8601. */
  readonly time: string;
  readonly stack: string;
  readonly rules: readonly RuleStatus[];
  readonly arrivals: readonly ArrivalStatus[];
  /** US dollars per month of all regions together, when nothing is replicated. */
  readonly fixedDollars: number;
  /** What could not be read, a sentence each. */
  readonly unseen: readonly string[];
}

/** Whether nothing is late, given up, dead-lettered, missing, or no longer verified, as far as is known. */
export function isHealthy({ rules, arrivals }: PipelineStatus): boolean {
  const backlogs = [...rules, ...arrivals].map(({ backlog }) => backlog);
  return (
    backlogs.every(({ deadLetters }) => (deadLetters ?? 0) === 0) &&
    rules.every(
      ({ givenUp, routes, verification }) =>
        (givenUp ?? 0) === 0 && isVerified(verification) && routes.every((route) => !isLate(route)),
    )
  );
}

/** Whether the last verification found nothing wrong and finished in time. A new rule may wait for a week. */
function isVerified(verification: VerificationStatus | null | undefined): boolean {
  return verification == null || (verification.faults === 0 && verification.overdue !== true && !verification.stopped);
}

/** Whether to highlight a verification: it found something, did not finish, or has not taken place (yet). */
export function needsAttention(verification: VerificationStatus | null | undefined): boolean {
  return verification != null && (!isVerified(verification) || verification.startedAt === undefined);
}

export function isLate({ watermarkSeconds, objectiveSeconds }: RouteStatus): boolean {
  return (watermarkSeconds ?? 0) > objectiveSeconds;
}
