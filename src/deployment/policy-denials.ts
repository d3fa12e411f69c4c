import * as z from 'zod';
import { judgeConditions, matchesPattern, type RequestFacts } from './policy-conditions.ts';

const many = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** What is read of a statement; the rest of it does not decide here. */
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

/** What a role of ours asks of a bucket. */
export interface BucketUse {
  /** Account of the role, which is that of the bucket. */
  readonly account: string;
  readonly bucket: string;
  /** How the keys begin; empty for all. */
  readonly prefix: string;
  /** Such as `s3:GetObject`. Actions on the bucket itself are told by BUCKET_ACTIONS. */
  readonly actions: readonly string[];
  /** What our requests have in them. Absent: nothing is known. */
  readonly facts?: RequestFacts;
}

/** A statement that takes away what a role was given. */
export interface PolicyDenial {
  readonly statement: string;
  readonly actions: readonly string[];
  /** Keys of conditions that decide whether it does, and of which nothing is known. Empty: it does. */
  readonly dependsOn: readonly string[];
  /** Keys of conditions that our requests meet. */
  readonly because: readonly string[];
}

/** Their resource is the bucket, not its objects. */
const BUCKET_ACTIONS: ReadonlySet<string> = new Set([
  's3:ListBucket',
  's3:GetBucketNotification',
  's3:PutBucketNotification',
]);
/** Conditions of denials that never meet us: all our calls go through TLS 1.2 or later. */
const NEVER_OURS: ReadonlySet<string> = new Set(['aws:securetransport', 's3:tlsversion']);

/**
 * Statements of a bucket's policy that refuse a role of the same account what its own policies allow. There, only a Deny can.
 * Names of roles of ours are not known before they are made: a Deny of one principal by name is taken for another's.
 *
 * | principal | condition | finding |
 * |---|---|---|
 * | another, by name | any | none |
 * | `*`, the account, or all but some | none | a denial |
 * | the same | TLS only, or one that our requests do not meet | none |
 * | the same | one that our requests meet | a denial because of it |
 * | the same | another | a denial that depends on it |
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
    // One of the rule's keys is enough: either beginning may be the longer one.
    return literal === pattern ? pattern.startsWith(keys) : keys.startsWith(literal) || literal.startsWith(keys);
  });
}

/** Actions know no case, nor do names of buckets. */
function matchesAnyCase(pattern: string, text: string): boolean {
  return matchesPattern(pattern.toLowerCase(), text.toLowerCase());
}
