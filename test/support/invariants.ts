import type { CreatedResource } from './templates/instantiate.ts';
import { type Json, textOf } from './templates/json.ts';

export interface Statement {
  readonly sid: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly Json[];
  /** Path and type of the resource that contains it. */
  readonly path: string;
  readonly type: string;
  readonly json: Json;
}

/** Every policy statement of the resources, except those of trust policies. */
export function policyStatements(resources: readonly CreatedResource[]): Statement[] {
  return resources.flatMap(({ path, type, properties }) => {
    const inline = listOf(properties['Policies']).map((policy) => field(policy, 'PolicyDocument'));
    const documents = [properties['PolicyDocument'], properties['KeyPolicy'], ...inline];
    return documents
      .flatMap((document) => listOf(field(document, 'Statement')))
      .map((json) => ({
        sid: textOf(field(json, 'Sid') ?? ''),
        effect: textOf(field(json, 'Effect')),
        actions: oneOrMore(field(json, 'Action')).map(textOf),
        resources: oneOrMore(field(json, 'Resource')),
        path,
        type,
        json,
      }));
  });
}

/** Lifecycle rules of a bucket that remove objects, current or not: all but those that only abort uploads. */
export function expirations(bucket: CreatedResource): readonly Json[] {
  const harmless = new Set(['Id', 'Status', 'Prefix', 'AbortIncompleteMultipartUpload']);
  return listOf(at(bucket, 'LifecycleConfiguration', 'Rules')).filter((rule) =>
    Object.keys(rule as Readonly<Record<string, Json>>).some((name) => !harmless.has(name)),
  );
}

/** The resource of the same stack that a property refers to: `<Id>` or `<Id.Attribute>`. */
export function referredTo(
  resources: readonly CreatedResource[],
  from: CreatedResource,
  reference: Json | undefined,
): CreatedResource | undefined {
  const id = /^<([A-Za-z0-9]+)/.exec(textOf(reference ?? ''))?.[1] ?? '';
  return resources.find(({ path }) => path === `${from.path.slice(0, from.path.lastIndexOf('/'))}/${id}`);
}

export function ofType(resources: readonly CreatedResource[], type: string): CreatedResource[] {
  return resources.filter((resource) => resource.type === type);
}

/** The value at a path of property names; undefined if there is none. */
export function at(resource: CreatedResource, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>((value, name) => field(value, name), resource.properties);
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function field(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, Json>>)[name];
}

function oneOrMore(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}
