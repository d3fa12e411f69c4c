import { backOffSeconds } from '../messages/back-off.ts';

/** The facts about a version that S3 has given up replicating. */
export interface ResendFacts {
  /** How often the archive was resent before this version; undefined when the version is gone. */
  readonly resends: number | undefined;
  readonly versionId: string;
  /** Version that is stored under the key now; undefined if there is none, or a delete marker. */
  readonly currentVersionId: string | undefined;
  readonly secondsSinceFailure: number;
  /** False on the last receive of the message, which must not be dead-lettered for having waited. */
  readonly mayWait: boolean;
}

export interface ResendLimits {
  readonly maxResends: number;
  /** Seconds between a failure and the first resend; doubled each time, at most 15 minutes. */
  readonly firstDelaySeconds: number;
}

export type ResendDecision =
  | { readonly kind: 'gone' }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'resend'; readonly attempt: number }
  | { readonly kind: 'give-up' };

/**
 * What to do about a failed replication.
 *
 * | failed version | at the key now             | resent     | back-off is over | then                        |
 * |----------------|----------------------------|------------|------------------|-----------------------------|
 * | gone           | nothing                    |            |                  | gone: nothing to resend     |
 * | gone           | another version            |            |                  | superseded                  |
 * | there          | another version            |            |                  | superseded                  |
 * | there          | it, or nothing             | < maximum  | no               | wait for the rest of it     |
 * | there          | it, or nothing             | < maximum  | yes, or last try | resend                      |
 * | there          | it, or nothing             | maximum    |                  | give up: keep it            |
 *
 * Another version is a later one, of the same bytes: the key of an archive is written once, and only a resend makes
 * another version (docs/decisions/0015-archives-are-written-once.md). Most often it is our own resend for an earlier
 * delivery of this event, or for the same failure at another destination. If that version fails, too, S3 reports it.
 * Nothing at the key means that the lifecycle rule was faster than we were: the failed version still exists as a
 * noncurrent version, and can be used as before.
 */
export function decideResend(facts: ResendFacts, { maxResends, firstDelaySeconds }: ResendLimits): ResendDecision {
  const { resends, versionId, currentVersionId, secondsSinceFailure, mayWait } = facts;
  if (currentVersionId !== undefined && currentVersionId !== versionId) return { kind: 'superseded' };
  if (resends === undefined) return { kind: 'gone' };
  if (resends >= maxResends) return { kind: 'give-up' };
  const attempt = resends + 1;
  // No jitter is needed: S3 itself copies archives that failed together, and they do not slow it down.
  const seconds = Math.ceil(backOffSeconds(attempt, 0, firstDelaySeconds) - secondsSinceFailure);
  return seconds > 0 && mayWait ? { kind: 'wait', seconds } : { kind: 'resend', attempt };
}
