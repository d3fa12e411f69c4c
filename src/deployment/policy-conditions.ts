/** Operators, keys and values, as in a statement of a policy. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Known values of our requests by condition key, in lower case. Undefined: our requests do not have the key. No entry:
 * unknown.
 */
export type RequestFacts = ReadonlyMap<string, RequestFact | undefined>;

export interface RequestFact {
  readonly value: string;
  /** Whether the value is only a prefix: names of roles end in characters that CloudFormation chooses. */
  readonly isBeginning?: boolean;
}

/** Whether conditions hold for our requests, and the keys that show it or leave it unknown. */
export type ConditionOutcome =
  | { readonly holds: true; readonly keys: readonly string[] }
  | { readonly holds: false }
  | { readonly holds: 'unknown'; readonly keys: readonly string[]; readonly unknownKeys: readonly string[] };

/** Operators that compare texts, without `Not` and `IfExists`. */
const TEXTS = /^(String|Arn)(Not)?(Equals|EqualsIgnoreCase|Like)(IfExists)?$/;

/**
 * IAM requires all of them to hold (IAM user guide, "Policy elements: Condition"). If a request does not have a key:
 *
 * | operator | holds |
 * |---|---|
 * | `Null: true` | yes |
 * | `StringNotEquals`, `ArnNotLike` and the like | yes |
 * | any with `IfExists` | yes |
 * | `StringEquals`, `ArnLike` and the like | no |
 */
export function judgeConditions(conditions: Conditions, facts: RequestFacts): ConditionOutcome {
  const judged = Object.entries(conditions).flatMap(([operator, byKey]) =>
    Object.entries(byKey).map(([key, values]) => ({ key, holds: judge(operator, key, textsOf(values), facts) })),
  );
  if (judged.some(({ holds }) => holds === false)) return { holds: false };
  const keysOf = (wanted: true | undefined): string[] => [
    ...new Set(judged.flatMap(({ key, holds }) => (holds === wanted ? [key] : []))),
  ];
  const [keys, unknownKeys] = [keysOf(true), keysOf(undefined)];
  return unknownKeys.length === 0 ? { holds: true, keys } : { holds: 'unknown', keys, unknownKeys };
}

function judge(operator: string, key: string, values: readonly string[], facts: RequestFacts): boolean | undefined {
  const id = key.toLowerCase();
  if (!facts.has(id)) return undefined;
  const fact = facts.get(id);
  if (operator === 'Null') return values.includes(String(fact === undefined));
  const [matched, , not, how, ifExists] = TEXTS.exec(operator) ?? [];
  if (matched === undefined) return undefined;
  if (fact === undefined) return not !== undefined || ifExists !== undefined;
  const found = values.map((value) => isLike(value, fact, how === 'EqualsIgnoreCase'));
  // One matching value is enough, and an unknown one might match.
  const isEqual = found.includes(true) ? true : found.includes(undefined) ? undefined : false;
  return isEqual === undefined || not === undefined ? isEqual : !isEqual;
}

/** Undefined: it depends on the unknown end of a prefix. */
function isLike(pattern: string, { value, isBeginning }: RequestFact, ignoresCase: boolean): boolean | undefined {
  if (isBeginning !== true) {
    return matchesPattern(ignoresCase ? pattern.toLowerCase() : pattern, ignoresCase ? value.toLowerCase() : value);
  }
  const [literal = ''] = pattern.split(/[*?]/);
  if (pattern === `${literal}*` && value.startsWith(literal)) return true;
  return value.startsWith(literal) || literal.startsWith(value) ? undefined : false;
}

/** IAM's wildcards. */
export function matchesPattern(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

function textsOf(values: unknown): string[] {
  return [values].flat().map(String);
}
