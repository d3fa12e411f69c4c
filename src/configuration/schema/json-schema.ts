import * as z from 'zod';
import type { FieldMeta } from './fields.ts';
import type { JsonPath } from './json-text.ts';
import { replicationSchema, settingsSchema } from './schema.ts';

/** The parts of the configuration's JSON Schemas, and the properties of a key that error messages and tables need. */
export interface SchemaNode extends Partial<FieldMeta> {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
}

export function settingsNode(): SchemaNode {
  return schemaNode(settingsSchema, 'settings.json');
}

export function replicationNode(): SchemaNode {
  return schemaNode(replicationSchema, 'replication_config.json');
}

/** The node of the value at a path; undefined for a key that does not exist. */
export function nodeAt(root: SchemaNode, path: JsonPath): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, segment) => childAt(node ?? {}, segment), root);
}

function childAt(
  { properties, items, additionalProperties }: SchemaNode,
  segment: string | number,
): SchemaNode | undefined {
  if (typeof segment === 'number') return items;
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return properties?.[segment] ?? others;
}

/** Describes which values a key accepts. */
export function allowedValues({ allowed, enum: values, type, minimum, maximum }: SchemaNode): string {
  if (allowed !== undefined) return allowed;
  if (values !== undefined) return values.join(', ');
  if (type === 'boolean') return 'true, false';
  if (type === 'integer' || type === 'number') {
    return `${type === 'integer' ? 'whole number' : 'number'} from ${minimum ?? '-'} to ${maximum ?? '-'}`;
  }
  return { object: 'an object', array: 'a list' }[type ?? ''] ?? 'text';
}

/**
 * A schema file for editors: without our own keywords, and without those that validators other than zod refuse. These
 * are zod's own format for networks (their pattern stays), and patterns with Unicode classes, which Python does not
 * support (`configure` checks those).
 */
export function renderSchemaFile(root: SchemaNode): string {
  return `${JSON.stringify(root, portable, 2)}\n`;
}

function portable(key: string, value: unknown): unknown {
  if (key === 'allowed' || key === 'otherwise') return undefined;
  if (key === 'format' && value === 'cidrv4') return undefined;
  return key === 'pattern' && typeof value === 'string' && value.includes('\\p{') ? undefined : value;
}

/** Editors support draft 7 best. */
function schemaNode(schema: z.ZodType, title: string): SchemaNode {
  const node = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return { title, ...node } as SchemaNode;
}
