import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { CONTENT_CLASSES, type ContentClass } from '../../adaptive/content-class.ts';
import {
  type ArmKey,
  type ArmSums,
  armKey,
  type ClassProbe,
  type RuleStatistics,
  type StatisticsUpdate,
} from '../../adaptive/rule-statistics.ts';
import type { LevelPrior } from '../../adaptive/typical-levels.ts';
import { renderDecimals, renderNumber } from './render-number.ts';

export type StatisticsItem = Record<string, AttributeValue>;
/** Name of an attribute and its number, as DynamoDB accepts it. */
type NamedNumber = readonly [name: string, value: string];

const SUMS = ['archives', 'bytes', 'tested', 'compressed', 'cpuSeconds'] as const satisfies (keyof ArmSums)[];
/**
 * Decimal places of a stored sum. DynamoDB adds exactly, and rejects the whole update if a sum has more than 38 digits,
 * so the magnitudes of the numbers must not differ by more than that. An arm with one archive of 1 KB that is about to
 * be forgotten is still stored with an error below 0.1%, and even archives of 50 TB that take 1e8 CPU seconds may have
 * weights of e^31, which is reached after 990 archives.
 */
const DECIMALS: Readonly<Record<keyof ArmSums, number>> = {
  archives: 9,
  bytes: 6,
  tested: 6,
  compressed: 6,
  cpuSeconds: 15,
};
const PRIORS = ['gain', 'secondsPerByte'] as const satisfies (keyof LevelPrior)[];
const PROBES = ['archive', 'fraction'] as const satisfies (keyof ClassProbe)[];

/** `sum:text:9:bytes` and the like: values that are added to. */
export function sumAttributes({ arms }: Pick<StatisticsUpdate, 'arms'>): NamedNumber[] {
  return flatten('sum', arms, SUMS, (value, field) => renderDecimals(value, DECIMALS[field]));
}

export function sumNames(key: ArmKey): string[] {
  return SUMS.map((field) => `sum:${key}:${field}`);
}

/** `prior:text:9:gain`, `probe:text:fraction` and the like: values that a later probe replaces. */
export function probeAttributes({ priors, probes }: Pick<StatisticsUpdate, 'priors' | 'probes'>): NamedNumber[] {
  return [...flatten('prior', priors, PRIORS, renderNumber), ...flatten('probe', probes, PROBES, renderNumber)];
}

function flatten<K extends string, F extends string>(
  kind: string,
  entries: ReadonlyMap<K, Readonly<Record<F, number>>>,
  fields: readonly F[],
  render: (value: number, field: F) => string,
): NamedNumber[] {
  return [...entries].flatMap(([key, value]) =>
    fields.map((field): NamedNumber => [`${kind}:${key}:${field}`, render(value[field], field)]),
  );
}

/** The statistics of an item; attributes that another version wrote are left alone. */
export function readStatistics(item: StatisticsItem): RuleStatistics {
  const numbers = new Map(
    Object.entries(item).flatMap(([name, { N }]) => (N === undefined ? [] : [[name, Number(N)] as const])),
  );
  return {
    archives: numbers.get('archives') ?? 0,
    landmark: numbers.get('landmark') ?? 0,
    arms: gather<ArmKey, ArmSums>(numbers, 'sum', SUMS, readArmKey),
    priors: gather<ArmKey, LevelPrior>(numbers, 'prior', PRIORS, readArmKey),
    probes: gather<ContentClass, ClassProbe>(numbers, 'probe', PROBES, findClass),
  };
}

/** The groups that have all their fields. */
function gather<K extends string, V extends Readonly<Record<keyof V, number>>>(
  numbers: ReadonlyMap<string, number>,
  kind: string,
  fields: readonly (keyof V & string)[],
  readKey: (text: string) => K | undefined,
): Map<K, V> {
  const [first = ''] = fields;
  const keys = [...numbers.keys()]
    .filter((name) => name.startsWith(`${kind}:`) && name.endsWith(`:${first}`))
    .map((name) => name.slice(kind.length + 1, -first.length - 1));
  const groups = new Map<K, V>();
  for (const text of keys) {
    const key = readKey(text);
    const values = fields.map((field) => [field, numbers.get(`${kind}:${text}:${field}`)] as const);
    if (key === undefined || values.some(([, value]) => value === undefined)) continue;
    groups.set(key, Object.fromEntries(values) as V);
  }
  return groups;
}

function readArmKey(text: string): ArmKey | undefined {
  const [name = '', level] = text.split(':');
  const content = findClass(name);
  return content === undefined ? undefined : armKey(content, Number(level));
}

function findClass(name: string): ContentClass | undefined {
  return CONTENT_CLASSES.find((content) => content === name);
}
