import * as z from 'zod';
import { judgeConditions, matchesPattern, type RequestFacts } from './policy-conditions.ts';

const many = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** The parts of a statement that matter here. */
const denialSchema = z.object({
  Sid: z.string().optional(),
  Effect: z.literal('Deny'),
  Principal: z
    .union([z.literal('*').transform(() => ['*']), z.object({ AWS: many }).transform(({ AWS }) => AWS)])
    .optional(),
  NotPrincipal: z.unknown().optional(),
  Action: many.optional(),
  NotAction: many.optional(),
  Resource: many.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const policySchema = z.object({ Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]) });

/** What one of our roles needs from a bucket. */
export interface BucketUse {
  /** Account of the role, which is also that of the bucket. */
  readonly account: string;
  readonly bucket: string;
  /** Prefix of the keys; empty for all. */
  readonly prefix: string;
  /** Such as `s3:GetObject`. BUCKET_ACTIONS lists the actions on the bucket itself. */
  readonly actions: readonly string[];
  /** Known values of our requests. Absent: nothing is known. */
  readonly facts?: RequestFacts;
}

/** A statement that denies what a role was granted. */
export interface PolicyDenial {
  readonly statement: string;
  readonly actions: readonly string[];
  /** Condition keys that decide whether it does, but whose values are unknown. Empty: it does. */
  readonly dependsOn: readonly string[];
  /** Keys of conditions that our requests meet. */
  readonly because: readonly string[];
}

/** Actions whose resource is the bucket, not its objects. */
const BUCKET_ACTIONS: ReadonlySet<string> = new Set([
  's3:ListBucket',
  's3:GetBucketNotification',
  's3:PutBucketNotification',
]);
/** Conditions of denials that never apply to us: all our calls use TLS 1.2 or later. */
const NEVER_OURS: ReadonlySet<string> = new Set(['aws:securetransport', 's3:tlsversion']);

/**
 * Statements of a bucket's policy that deny a role of the same account what its own policies allow. Within an account
 * only a Deny can do that. The names of our roles are unknown before they are created, so a Deny that names one
 * principal is assumed to mean another.
 *
 * | principal | condition | finding |
 * |---|---|---|
 * | another, by name | any | none |
 * | `*`, the account, or all but some | none | a denial |
 * | the same | TLS only, or one that our requests do not meet | none |
 * | the same | one that our requests meet | a denial because of it |
 * | the same | any other | a denial that depends on it |
 *
 * @throws SyntaxError, ZodError for a text that is not a policy
 */
export function findPolicyDenials(policy: string, use: BucketUse): PolicyDenial[] {
  const { Statement } = policySchema.parse(JSON.parse(policy));
  return Statement.flatMap((each, index) => {
    const { success, data } = denialSchema.safeParse(each);
    if (!success || !concernsAccount(data.Principal, use.account)) return [];
    const conditions = data.Condition ?? {};
    const keys = Object.values(conditions).flatMap((byKey) => Object.keys(byKey));
    if (keys.some((key) => NEVER_OURS.has(key.toLowerCase()))) return [];
    const outcome = judgeConditions(conditions, use.facts ?? new Map());
    if (outcome.holds === false) return [];
    const actions = use.actions.filter(
      (action) => namesAction(data, action) && namesResource(data.Resource ?? ['*'], action, use),
    );
    if (actions.length === 0) return [];
    const dependsOn = outcome.holds === 'unknown' ? outcome.unknownKeys : [];
    return [{ statement: data.Sid ?? `number ${index + 1}`, actions, dependsOn, because: outcome.keys }];
  });
}

/** @param principals absent: all but those of NotPrincipal */
function concernsAccount(principals: readonly string[] | undefined, account: string): boolean {
  if (principals === undefined) return true;
  return principals.some((name) => name === '*' || name === account || name.endsWith(`:iam::${account}:root`));
}

function namesAction(
  { Action, NotAction }: { readonly Action?: string[] | undefined; readonly NotAction?: string[] | undefined },
  action: string,
): boolean {
  if (NotAction !== undefined) return !NotAction.some((pattern) => matchesAnyCase(pattern, action));
  return (Action ?? []).some((pattern) => matchesAnyCase(pattern, action));
}

function namesResource(resources: readonly string[], action: string, { bucket, prefix }: BucketUse): boolean {
  return resources.some((resource) => {
    const pattern = resource.replace(/^arn:[^:]*:s3:::/, '');
    if (BUCKET_ACTIONS.has(action)) return matchesAnyCase(pattern, bucket);
    const [literal = ''] = pattern.split(/[*?]/);
    const keys = `${bucket}/${prefix}`;
    // One of the rule's keys is enough: either prefix may be the longer one.
    return literal === pattern ? pattern.startsWith(keys) : keys.startsWith(literal) || literal.startsWith(keys);
  });
}

/** Actions and bucket names are not case-sensitive. */
function matchesAnyCase(pattern: string, text: string): boolean {
  return matchesPattern(pattern.toLowerCase(), text.toLowerCase());
}
