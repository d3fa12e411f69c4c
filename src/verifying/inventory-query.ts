import type { ObjectFilter } from '../backfill/object-filter.ts';
import type { Destination, ReplicationRule } from '../configuration/rule.ts';
import type { InventoryTable } from './inventory-table.ts';

/** The inputs of the query that compares two inventories. */
export interface InventoryComparison {
  readonly database: string;
  readonly rule: Pick<ReplicationRule, 'source'>;
  readonly destination: Pick<Destination, 'targetPrefix'>;
  readonly filter: ObjectFilter;
  readonly source: InventoryTable;
  readonly copies: InventoryTable;
  /** Seconds within which an object should arrive. */
  readonly objectiveSeconds: number;
}

/** Classes of keys in the results of the queries, besides those of `FindingClass`. */
export type InventoryClass =
  | 'equal'
  | 'missing'
  | 'older'
  | 'different'
  | 'extra'
  | 'not-due'
  | 'archived'
  | 'left-out';

/** One row per class: `class`, `keys`, `bytes`. */
export function countClasses(comparison: InventoryComparison): string {
  return `${joined(comparison)}
SELECT class, count(*) AS keys, sum(source_size) AS bytes
FROM joined
GROUP BY class`;
}

/**
 * One row per key that differs: `class`, `key`, `source_size`, `copy_size`, `source_etag`, `source_modified` (seconds).
 */
export function selectFindings(comparison: InventoryComparison): string {
  return `${joined(comparison)}
SELECT class, key, source_size, copy_size, source_etag, source_modified
FROM joined
WHERE class IN ('missing', 'older', 'different', 'extra')
ORDER BY key`;
}

/**
 * Joins both inventories. Inventories are some hours old, and not from the same time, so objects written
 * since the older of them, less the objective, are not due.
 *
 * | source | copy                                                 | class     |
 * |--------|------------------------------------------------------|-----------|
 * | archived class, or not wanted                                 | | archived, left-out |
 * | there  | none; the object was written recently                | not-due   |
 * | there  | none                                                 | missing   |
 * | none   | there; written since the source was listed           | not-due   |
 * | none   | there                                                | extra     |
 * | there  | another size; either was written recently            | not-due   |
 * | there  | another size                                         | different |
 * | there  | same size, the same MD5 as ETag                      | equal     |
 * | there  | same size, modified before; the object was written recently | not-due |
 * | there  | same size, modified before                           | older     |
 * | there  | same size, modified since                            | equal     |
 */
function joined({
  database,
  rule,
  destination,
  filter,
  source,
  copies,
  objectiveSeconds,
}: InventoryComparison): string {
  const { targetPrefix = '' } = destination;
  const listed = Math.floor(source.created / 1000);
  const due = Math.floor(Math.min(source.created, copies.created) / 1000) - objectiveSeconds;
  return `WITH source AS (
${selectKeys(database, source, '', rule, filter)}
),
copies AS (
${selectKeys(database, copies, targetPrefix, rule, filter)}
),
joined AS (
  SELECT
    CASE
      WHEN s.storage_class IN ('GLACIER', 'DEEP_ARCHIVE') THEN 'archived'
      WHEN s.key IS NOT NULL AND NOT (${wantedObjects(filter)}) THEN 'left-out'
      WHEN c.key IS NULL AND s.modified >= ${due} THEN 'not-due'
      WHEN c.key IS NULL THEN 'missing'
      WHEN s.key IS NULL AND c.modified >= ${listed} THEN 'not-due'
      WHEN s.key IS NULL THEN 'extra'
      WHEN s.size <> c.size AND (s.modified >= ${due} OR c.modified >= ${listed}) THEN 'not-due'
      WHEN s.size <> c.size THEN 'different'
      WHEN s.e_tag = c.e_tag AND length(s.e_tag) = 32 THEN 'equal'
      WHEN c.modified < s.modified AND s.modified >= ${due} THEN 'not-due'
      WHEN c.modified < s.modified THEN 'older'
      ELSE 'equal'
    END AS class,
    coalesce(s.key, c.key) AS key,
    s.size AS source_size,
    c.size AS copy_size,
    s.e_tag AS source_etag,
    s.modified AS source_modified
  FROM source s FULL OUTER JOIN copies c ON s.key = c.key
)`;
}

/** Current objects, by their key at the source. */
function selectKeys(
  database: string,
  { name, format, columns }: InventoryTable,
  before: string,
  { source: { prefix, suffix } }: InventoryComparison['rule'],
  filter: ObjectFilter,
): string {
  const isCsv = format === 'CSV';
  // Form encoding. The result is the same whether or not the function also decodes plus signs.
  const key = isCsv ? `url_decode(replace(key, '+', '%20'))` : 'key';
  const size = isCsv ? `CAST(nullif(size, '') AS BIGINT)` : 'size';
  const modified = isCsv ? 'to_unixtime(from_iso8601_timestamp(last_modified_date))' : 'last_modified_date / 1000';
  const optional = (column: string): string => (columns.includes(column) ? column : `CAST(NULL AS VARCHAR)`);
  const isTrue = isCsv ? `= 'true'` : '';
  const conditions = [
    ...(columns.includes('is_latest') ? [`is_latest ${isTrue}`] : []),
    ...(columns.includes('is_delete_marker') ? [`NOT (is_delete_marker ${isTrue})`] : []),
    ...begins([before, `${before}${prefix}`, `${before}${filter.prefix ?? ''}`]),
    ...ends([suffix, filter.suffix ?? '']),
  ];
  return `  SELECT substr(full_key, ${lengthOf(before) + 1}) AS key, size, modified, e_tag, storage_class
  FROM (
    SELECT
      ${key} AS full_key,
      ${size} AS size,
      CAST(floor(${modified}) AS BIGINT) AS modified,
      ${optional('e_tag')} AS e_tag,
      ${optional('storage_class')} AS storage_class${columns.includes('is_latest') ? `,\n      is_latest` : ''}${columns.includes('is_delete_marker') ? `,\n      is_delete_marker` : ''}
    FROM "${database}"."${name}"
  ) AS listed
  WHERE ${conditions.length === 0 ? 'true' : conditions.join('\n    AND ')}`;
}

function begins(prefixes: readonly string[]): string[] {
  const needed = [...new Set(prefixes)].filter((prefix) => prefix !== '');
  return needed.map((prefix) => `substr(full_key, 1, ${lengthOf(prefix)}) = ${literal(prefix)}`);
}

function ends(suffixes: readonly string[]): string[] {
  const needed = [...new Set(suffixes)].filter((suffix) => suffix !== '');
  return needed.map((suffix) => `substr(full_key, -${lengthOf(suffix)}) = ${literal(suffix)}`);
}

/** Only the source decides this: a copy of an object that is not selected is not extra. */
function wantedObjects({ since, until, minSize, maxSize }: ObjectFilter): string {
  const conditions = [
    ...(since === undefined ? [] : [`s.modified >= ${since / 1000}`]),
    ...(until === undefined ? [] : [`s.modified < ${until / 1000}`]),
    ...(minSize === undefined ? [] : [`s.size >= ${minSize}`]),
    ...(maxSize === undefined ? [] : [`s.size <= ${maxSize}`]),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

/** In code points, which is what Trino counts. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function literal(text: string): string {
  return `'${text.replaceAll(`'`, `''`)}'`;
}
