import { type Prices, transferPrice } from '../configuration/prices/prices.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import { GIB, MIB } from '../units.ts';
import { functionDollarsPerVcpuSecond } from './compute-price.ts';
import { MEASURED_WORK } from './measured-work.ts';

/** The cost drivers. An archive has a number of each. */
export interface Amounts {
  readonly archives: number;
  readonly objects: number;
  /** Bytes of the objects alone. */
  readonly originalBytes: number;
  /** Bytes of the whole archive. */
  readonly archiveBytes: number;
  /** CPU time of compression, in seconds of one vCPU. */
  readonly cpuSeconds: number;
  /** Archives that are uploaded in parts. */
  readonly multipartArchives?: number;
  /** GET-class requests at the source beyond one per object: ranges of large objects, and a HEAD for their checksum. */
  readonly largeReads?: number;
  /**
   * PUT-class requests at a destination beyond one per object: creation, parts and completion of large objects'
   * uploads.
   */
  readonly largeWrites?: number;
  /** HEADs at a destination: of large objects, and of existing keys. */
  readonly looks?: number;
}

export type CostDriver = keyof Amounts;

/** The kinds of cost. */
export type CostItem =
  | 'transfer'
  | 'compute'
  | 'restoring'
  | 'requests'
  | 'storage'
  | 'encryption'
  | 'statistics'
  | 'logs';

/** One line of the bill: dollars per unit of its driver. */
export interface CostLine {
  readonly item: CostItem;
  readonly driver: CostDriver;
  /** USD per unit of the driver. */
  readonly dollars: number;
  readonly what: string;
}

/** The cost lines of a rule, with this product and with plain S3 replication of each object. */
export interface RuleCosts {
  readonly ours: readonly CostLine[];
  readonly plain: readonly CostLine[];
}

/** Dollars of one archive, or of any sum of them. */
export interface ArchiveDollars {
  /** What plain S3 replication of the objects would have cost, and what was paid instead. */
  readonly plain: number;
  readonly ours: number;
  /** Saved on inter-region transfer alone; negative when the archive grew. */
  readonly transferSavings: number;
  /** Paid for compute at the source. */
  readonly computeCost: number;
  /** Expected compute at the targets; their own metric ComputeCost reports what was billed. */
  readonly restoreCost: number;
  /** `plain` less `ours`. */
  readonly netBenefit: number;
}

/** The costs that depend on the level: USD per byte sent, and per second of CPU time. */
export interface MarginalPrices {
  readonly archiveByte: number;
  readonly cpuSecond: number;
}

/** A GB as AWS bills it: 2^30 bytes for transfer and storage. */
export const BILLED_GIGABYTE = GIB;
export const DAYS_PER_MONTH = 365.25 / 12;
/**
 * Days that S3 keeps an archive on each side. Outbound: it expires after a day and is removed as a noncurrent version after
 * 3; inbound: deleted when restored, removed after one. S3 rounds each up to the next midnight: half a day on average.
 */
export const STAGING_DAYS = { outbound: 1.5 + 3.5, inbound: 1.5 } as const;
/** Bytes of a part of an archive, each a PUT here and one in each region; and of a frame, each a GET in each region. */
export const PART_BYTES = 8 * MIB;

/**
 * Everything that a rule costs per archive, object, byte and second. Unit prices are those of the source region, for
 * both sides; transfer is priced per pair of regions. docs/economics.md explains each line.
 * @param packingSecond USD per second of one vCPU where archives are packed; default: a function's
 * @throws MissingPriceError
 */
export function ruleCosts(
  { destinations }: Pick<ReplicationRule, 'destinations'>,
  prices: Prices,
  packingSecond = functionDollarsPerVcpuSecond(prices),
): RuleCosts {
  const regions = [...new Set(destinations.map(({ region }) => region))];
  const copies = destinations.length;
  const sum = (to: readonly string[]): number => to.reduce((total, region) => total + transferPrice(prices, region), 0);
  const restoringSecond = functionDollarsPerVcpuSecond(prices);
  const storageByteDay = prices.s3_storage_gb_month / DAYS_PER_MONTH / BILLED_GIGABYTE;
  const line = (item: CostItem, driver: CostDriver, dollars: number, what: string): CostLine => ({
    item,
    driver,
    dollars,
    what,
  });
  const ours = [
    line('transfer', 'archiveBytes', sum(regions) / BILLED_GIGABYTE, 'archives to each region'),
    line('compute', 'cpuSeconds', packingSecond, 'compression'),
    line('compute', 'objects', packingSecond * MEASURED_WORK.sourceSecondsPerObject, 'reading, excluding compression'),
    line(
      'compute',
      'originalBytes',
      packingSecond * MEASURED_WORK.sourceSecondsPerByte,
      'reading, excluding compression',
    ),
    line('compute', 'archives', packingSecond * MEASURED_WORK.sourceSecondsPerArchive, 'waiting for S3'),
    line(
      'restoring',
      'archives',
      restoringSecond * MEASURED_WORK.targetSecondsPerArchive * regions.length,
      'waiting for S3, both vCPUs billed',
    ),
    line('restoring', 'objects', restoringSecond * MEASURED_WORK.targetSecondsPerObject * copies, 'restoring'),
    line('restoring', 'originalBytes', restoringSecond * MEASURED_WORK.targetSecondsPerByte * copies, 'restoring'),
    line('requests', 'archives', prices.lambda_request * (1 + regions.length), 'invocations of the functions'),
    line('requests', 'objects', prices.sqs_request * MEASURED_WORK.sqsRequestsPerObject, 'events of the objects'),
    line('requests', 'objects', prices.s3_get_request, 'reading the objects'),
    line('requests', 'largeReads', prices.s3_get_request, 'reading large objects in ranges'),
    line('requests', 'archives', prices.s3_put_request * (1 + regions.length), 'writing and replicating archives'),
    line('requests', 'archiveBytes', (prices.s3_put_request * (1 + regions.length)) / PART_BYTES, 'parts of archives'),
    line(
      'requests',
      'multipartArchives',
      prices.s3_put_request * (1 + regions.length),
      'opening and completing uploads of archives',
    ),
    line('requests', 'archives', prices.sqs_request * 3 * regions.length, 'events of the archives'),
    line(
      'requests',
      'archives',
      prices.s3_get_request * 2 * regions.length,
      'opening the archives and reading a frame',
    ),
    line('requests', 'originalBytes', (prices.s3_get_request * regions.length) / PART_BYTES, 'reading their frames'),
    line('requests', 'objects', prices.s3_put_request * copies, 'writing the objects'),
    line('requests', 'largeWrites', prices.s3_put_request * copies, 'uploads of large objects'),
    line('requests', 'looks', prices.s3_get_request * copies, 'checking keys'),
    line(
      'storage',
      'archiveBytes',
      storageByteDay * (STAGING_DAYS.outbound + STAGING_DAYS.inbound * regions.length),
      'archives until they are removed',
    ),
    line('encryption', 'archives', prices.kms_request * (1 + 3 * regions.length), 'data keys of the archives'),
    line('statistics', 'archives', prices.dynamodb_write * MEASURED_WORK.statisticsWrites, 'statistics of the levels'),
    line(
      'logs',
      'archives',
      MEASURED_WORK.logDollarsPerByte * MEASURED_WORK.sourceLogBytesPerArchive,
      'log and metrics of packing',
    ),
    line(
      'logs',
      'archives',
      MEASURED_WORK.logDollarsPerByte * MEASURED_WORK.targetLogBytesPerArchive * regions.length,
      'log and metrics of restoring',
    ),
  ];
  const plain = [
    line(
      'transfer',
      'originalBytes',
      sum(destinations.map(({ region }) => region)) / BILLED_GIGABYTE,
      'objects to each destination',
    ),
    line('requests', 'objects', prices.s3_put_request * copies, 'replicating the objects'),
  ];
  return { ours, plain };
}

/** The amounts of one archive. */
export function archiveAmounts(archive: Omit<Amounts, 'archives' | 'multipartArchives'>): Amounts {
  const { objects, originalBytes, archiveBytes, cpuSeconds, largeReads = 0, largeWrites = 0, looks = 0 } = archive;
  const multipartArchives = isMultipart(archiveBytes) ? 1 : 0;
  const large = { largeReads, largeWrites, looks };
  return { archives: 1, objects, originalBytes, archiveBytes, cpuSeconds, ...large, multipartArchives };
}

/** Whether an archive of this size is uploaded in parts. */
export function isMultipart(archiveBytes: number): boolean {
  return archiveBytes > PART_BYTES;
}

/** USD for these amounts with these lines. */
export function sumLines(lines: readonly CostLine[], amounts: Amounts): number {
  return lines.reduce((total, { driver, dollars }) => total + dollars * (amounts[driver] ?? 0), 0);
}

/**
 * What an archive, or a sum of archives, costs and saves.
 * @param billedCompute USD billed for packing, if measured; replaces the usual amount
 */
export function archiveDollars({ ours, plain }: RuleCosts, amounts: Amounts, billedCompute?: number): ArchiveDollars {
  const of = (lines: readonly CostLine[], item: CostItem): number =>
    sumLines(
      lines.filter((line) => line.item === item),
      amounts,
    );
  const usualCompute = of(ours, 'compute');
  const computeCost = billedCompute ?? usualCompute;
  const dollars = { plain: sumLines(plain, amounts), ours: sumLines(ours, amounts) - usualCompute + computeCost };
  return {
    ...dollars,
    transferSavings: of(plain, 'transfer') - of(ours, 'transfer'),
    computeCost,
    restoreCost: of(ours, 'restoring'),
    netBenefit: dollars.plain - dollars.ours,
  };
}

/** The part of the costs that depends on the level. */
export function marginalPrices({ ours }: RuleCosts): MarginalPrices {
  const perUnit = (driver: CostDriver): number =>
    ours.filter((line) => line.driver === driver).reduce((total, { dollars }) => total + dollars, 0);
  return { archiveByte: perUnit('archiveBytes'), cpuSecond: perUnit('cpuSeconds') };
}
