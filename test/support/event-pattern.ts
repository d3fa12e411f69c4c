import { field, listOf } from './invariants.ts';
import type { Json } from './templates/json.ts';

/**
 * Whether an EventBridge pattern matches an event (EventBridge user guide, "Event patterns"): values, `anything-but`,
 * and `$or` at any level, which our rules use. Any value of a list in the event may match; in lists of objects, each
 * field matches separately, as in EventBridge.
 */
export function matchesPattern(pattern: Json, event: Json | undefined): boolean {
  return Object.entries(pattern as Readonly<Record<string, Json>>).every(([name, wanted]) => {
    if (name === '$or') return listOf(wanted).some((alternative) => matchesPattern(alternative, event));
    const values = valuesAt(event, name);
    if (!Array.isArray(wanted)) return values.some((value) => matchesPattern(wanted, value));
    return values.some((value) => listOf(wanted).some((condition) => isWanted(condition, value)));
  });
}

function valuesAt(event: Json | undefined, name: string): readonly Json[] {
  const holders = Array.isArray(event) ? listOf(event) : [event];
  return holders.flatMap((holder): readonly Json[] => {
    const value = field(holder, name);
    if (value === undefined) return [];
    return Array.isArray(value) ? listOf(value) : [value];
  });
}

function isWanted(condition: Json, value: Json): boolean {
  const excluded = field(condition, 'anything-but');
  if (excluded !== undefined) return !listOf(excluded).includes(value);
  if (typeof condition === 'object') throw new Error(`Unknown condition: ${JSON.stringify(condition)}`);
  return condition === value;
}
