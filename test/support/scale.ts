import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/**
 * AWS limits that a growing load reaches, from its documentation (November 2026), and the throughput of a function with
 * two vCPUs, from docs/performance.md (`npm run bench`: 10 KB objects, 20 ms to the first byte; CPU per GB at level 3).
 */
export const LIMITS = {
  /** Messages of a standard queue that are received but not deleted. */
  inFlight: 120_000,
  /** Messages of about 2 KB in the 6 MB that Lambda passes at a time. */
  batch: 3_000,
  /** Maximum concurrency of an event source mapping. */
  concurrency: 1_000,
  /** Requests per second and prefix partition. */
  gets: 5_500,
  puts: 3_500,
  /** Writes per second to one DynamoDB item of up to 1 KB. */
  itemWrites: 1_000,
} as const;

export const MEASURED = {
  /** Objects per second of one source and one target function. */
  packed: 3_600,
  restored: 3_800,
  /** CPU seconds per GB, including 1 s for TLS each. */
  packingCpu: 4.6 + 1,
  restoringCpu: 2.5 + 1,
} as const;

/** A load, and the settings of rules for it. */
export interface Load {
  readonly name: string;
  readonly objectsPerSecond: number;
  readonly objectBytes: number;
  readonly batchWindowSeconds: number;
}

/** Seconds. */
const MONTH = (365.25 / 12) * 86_400;
const PETABYTE = 1e15;
/** The default of `max_archive_mib`. */
const MAX_ARCHIVE_BYTES = 256 * 1024 ** 2;

/** Objects of 10 KB on average, except for the last one: 10 PB per month in objects of 1 MB. */
export const LOADS: readonly Load[] = [
  { name: 'one object a minute', objectsPerSecond: 1 / 60, objectBytes: 1e4, batchWindowSeconds: 20 },
  { name: '100 objects a second', objectsPerSecond: 100, objectBytes: 1e4, batchWindowSeconds: 20 },
  { name: '5,000 objects a second', objectsPerSecond: 5_000, objectBytes: 1e4, batchWindowSeconds: 5 },
  { name: '100,000 objects a second', objectsPerSecond: 1e5, objectBytes: 1e4, batchWindowSeconds: 1 },
  { name: '1,000,000 objects a second', objectsPerSecond: 1e6, objectBytes: 1e4, batchWindowSeconds: 1 },
  {
    name: '10 PB a month of 1 MB objects',
    objectsPerSecond: (10 * PETABYTE) / MONTH / 1e6,
    objectBytes: 1e6,
    batchWindowSeconds: 1,
  },
];

/** What a load needs on average; peaks need more. */
export interface Need {
  /** Seconds that a message is in flight: the window, plus the time to pack its batch. */
  readonly inFlightSeconds: number;
  /** Messages in flight, in all queues together. */
  readonly inFlight: number;
  /** Rules needed so that no queue exceeds its limit. */
  readonly rules: number;
  readonly sourceFunctions: number;
  readonly targetFunctions: number;
  /** Partitions of prefixes at the source, and at a target. */
  readonly sourcePartitions: number;
  readonly targetPartitions: number;
  /** For all rules together. */
  readonly archivesPerSecond: number;
  /** Gigabits of objects, before compression. */
  readonly gigabits: number;
}

export function needOf({ objectsPerSecond, objectBytes, batchWindowSeconds }: Load): Need {
  const gigabytes = (objectsPerSecond * objectBytes) / 1e9;
  // Requests or CPU time, whichever needs more functions with two vCPUs.
  const sourceFunctions = Math.max(objectsPerSecond / MEASURED.packed, (gigabytes * MEASURED.packingCpu) / 2);
  const targetFunctions = Math.max(objectsPerSecond / MEASURED.restored, (gigabytes * MEASURED.restoringCpu) / 2);
  // A batch ends with its window or when Lambda's payload is full, whichever comes first; its rule gets a share of the
  // functions.
  const perFunction = objectsPerSecond / Math.max(1, sourceFunctions);
  const batch = Math.min(LIMITS.batch, Math.max(1, objectsPerSecond * batchWindowSeconds));
  const inFlightSeconds = batchWindowSeconds + batch / Math.max(perFunction, 1);
  const inFlight = objectsPerSecond * inFlightSeconds;
  return {
    inFlightSeconds,
    inFlight,
    rules: Math.ceil(inFlight / LIMITS.inFlight),
    sourceFunctions: Math.ceil(sourceFunctions),
    targetFunctions: Math.ceil(targetFunctions),
    sourcePartitions: Math.ceil(objectsPerSecond / LIMITS.gets),
    targetPartitions: Math.ceil(objectsPerSecond / LIMITS.puts),
    archivesPerSecond: Math.max(objectsPerSecond / batch, (objectsPerSecond * objectBytes) / MAX_ARCHIVE_BYTES),
    gigabits: gigabytes * 8,
  };
}

/** The table of docs/scale.md. */
export function scaleTable(): string {
  const head = [
    'load',
    'in flight',
    'rules, at least',
    'functions, source / target',
    'prefix partitions, source / target',
    'archives a second',
    'Gbit/s before compression',
  ];
  const rows = LOADS.map((load) => {
    const need = needOf(load);
    return [
      load.name,
      number(need.inFlight),
      number(need.rules),
      `${number(need.sourceFunctions)} / ${number(need.targetFunctions)}`,
      `${number(need.sourcePartitions)} / ${number(need.targetPartitions)}`,
      number(need.archivesPerSecond),
      number(need.gigabits),
    ];
  });
  return [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** Three significant digits, or all digits before the decimal point. */
function number(value: number): string {
  const digits = value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 2 };
  return new Intl.NumberFormat('en-US', digits).format(value);
}

/** The document with the current table between its two markers. */
export function replaceScaleTable(text: string): string {
  return text.replace(
    /(<!-- scale -->\n\n)[\s\S]*?(\n\n<!-- end -->)/,
    (_, open: string, close: string) => `${open}${scaleTable()}${close}`,
  );
}

/**
 * Bytes of an item as DynamoDB counts them (developer guide, "DynamoDB item sizes and formats"): those of names and
 * strings; for a number one, plus one for every two digits without leading and trailing zeros.
 */
export function itemBytes(item: Readonly<Record<string, AttributeValue>>): number {
  return Object.entries(item).reduce((sum, [name, { S = '', N }]) => {
    const digits = N?.replace(/e.*$/i, '')
      .replace(/[-.]/g, '')
      .replace(/^0+|0+$/g, '').length;
    return sum + Buffer.byteLength(name) + (digits === undefined ? Buffer.byteLength(S) : Math.ceil(digits / 2) + 1);
  }, 0);
}
