import * as z from 'zod';

const manySchema = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** The parts of a policy that we read; unknown elements are ignored. */
const policySchema = z.object({
  Statement: z.union([z.unknown().array(), z.unknown().transform((statement) => [statement])]),
});

const allowSchema = z.object({
  Effect: z.literal('Allow'),
  Principal: z.union([
    z.literal('*').transform((everyone) => [everyone]),
    z.object({ AWS: manySchema }).transform(({ AWS }) => AWS),
  ]),
  Action: manySchema,
});

/** Any one of these actions shows that roles of the account can be granted use of the key. */
const USES = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * Whether a key policy lets the IAM policies of an account decide who may use the key: an Allow for the account's root,
 * which means the whole account (KMS developer guide, "Default key policy"), or one of its roles by name.
 */
export function delegatesToIam(policy: string, account: string): boolean {
  const { Statement } = policySchema.parse(JSON.parse(policy));
  return Statement.some((statement) => {
    const { success, data } = allowSchema.safeParse(statement);
    if (!success) return false;
    const isOurs = data.Principal.some((principal) => principal === '*' || principal.includes(account));
    return isOurs && data.Action.some((action) => USES.some((use) => matchesAction(action, use)));
  });
}

function matchesAction(pattern: string, action: string): boolean {
  const [beginning = '', ...rest] = pattern.toLowerCase().split('*');
  const name = action.toLowerCase();
  return rest.length === 0 ? beginning === name : name.startsWith(beginning);
}
