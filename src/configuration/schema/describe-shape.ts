import type { z } from 'zod';
import { closestWord } from './closest-word.ts';
import { allowedValues, nodeAt, type SchemaNode } from './json-schema.ts';
import type { JsonPath } from './json-text.ts';
import type { UnlocatedProblem } from './locate-problem.ts';

type Issue = z.core.$ZodIssue;

/**
 * All differences of a file from its schema.
 * @param error the schema's error
 */
export function describeShape(
  file: UnlocatedProblem['file'],
  json: unknown,
  error: z.ZodError,
  root: SchemaNode,
): UnlocatedProblem[] {
  return error.issues.flatMap((issue) => describeIssue(issue, json, root).map((found) => ({ file, ...found })));
}

type Found = Omit<UnlocatedProblem, 'file'>;

function describeIssue(issue: Issue, json: unknown, root: SchemaNode): Found[] {
  const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, root));
  const value = valueAt(json, path);
  const node = nodeAt(root, path);
  const allowed = node === undefined ? undefined : allowedValues(node);
  if (issue.code === 'invalid_key')
    return [{ path, message: 'is not a valid name here', allowed: allowedAround(path, root) }];
  if (value === undefined) return [{ path, message: 'is missing', allowed }];
  const meant = typeof value === 'string' ? closestWord(value, (node?.enum ?? []).map(String)) : undefined;
  return [
    {
      path,
      message: issue.code === 'custom' ? issue.message : 'cannot have this value',
      value,
      allowed,
      suggestion: meant === undefined ? undefined : JSON.stringify(meant),
    },
  ];
}

function unknownKey(path: JsonPath, key: string, root: SchemaNode): Found {
  const keys = Object.keys(nodeAt(root, path)?.properties ?? {});
  return {
    path: [...path, key],
    message: 'unknown key',
    allowed: keys.join(', '),
    suggestion: closestWord(key, keys),
  };
}

function allowedAround(path: JsonPath, root: SchemaNode): string | undefined {
  const node = nodeAt(root, path.slice(0, -1));
  return node === undefined ? undefined : allowedValues(node);
}

function valueAt(json: unknown, path: JsonPath): unknown {
  let value: unknown = json;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, segment) ? (value as Record<string | number, unknown>)[segment] : undefined;
  }
  return value;
}
