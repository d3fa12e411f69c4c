import * as z from 'zod';
import {
  type DestinationEntry,
  destinationSchema,
  type RegionEntry,
  regionSchema,
  type SourceEntry,
  sourceSchema,
} from './schema.ts';

/**
 * The valid part of files that may have problems: each key that is valid by itself. So checks that need several keys,
 * or both files, report in the same run as a typing mistake next to them.
 */
export interface ConfigurationDraft {
  /** Undefined if settings.json has no list of regions. */
  readonly regions: readonly RegionDraft[] | undefined;
  readonly rules: readonly RuleDraft[];
}

export interface RegionDraft extends Partial<RegionEntry> {
  readonly index: number;
}

export interface RuleDraft {
  /** Index in the file. */
  readonly index: number;
  readonly source: Partial<SourceEntry>;
  readonly destinations: readonly Partial<DestinationEntry>[];
}

/** @param settings, replication contents of the files; undefined for one that could not be read */
export function draftConfiguration(settings: unknown, replication: unknown): ConfigurationDraft {
  const rules = listAt(replication, 'replication_configuration').map((entry, index) => ({
    index,
    source: readFields(sourceSchema, fieldOf(entry, 'source')),
    destinations: listAt(entry, 'destinations').map((destination) => readFields(destinationSchema, destination)),
  }));
  if (!Array.isArray(fieldOf(settings, 'enabled_regions'))) return { regions: undefined, rules };
  const regions = listAt(settings, 'enabled_regions').map((entry, index) => ({
    index,
    ...readFields(regionSchema, entry),
  }));
  return { regions, rules };
}

/** The fields of an object that its schema accepts one by one, defaults filled in. */
function readFields<Shape extends z.ZodRawShape>(
  { shape }: z.ZodObject<Shape>,
  json: unknown,
): Partial<z.output<z.ZodObject<Shape>>> {
  const good = Object.entries<z.core.$ZodType>(shape).flatMap(([key, field]) => {
    const { success, data } = z.safeParse(field, fieldOf(json, key));
    return success && data !== undefined ? [[key, data]] : [];
  });
  return Object.fromEntries(good) as Partial<z.output<z.ZodObject<Shape>>>;
}

function fieldOf(json: unknown, key: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, key)
    ? (json as Record<string, unknown>)[key]
    : undefined;
}

function listAt(json: unknown, key: string): readonly unknown[] {
  const list = fieldOf(json, key);
  return Array.isArray(list) ? list : [];
}
