import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { MIB } from '../../units.ts';
import { integerBetween, parseBilledVolume, parseByteCount, parseByteSize } from '../command/parse-amounts.ts';
import { parsePath, sharedOptions } from '../command/shared-options.ts';
import { DemoInputError } from './errors.ts';
import { MIN_OBJECTS } from './existing/plan-bucket.ts';
import type { BucketAccess } from './input/open-bucket.ts';
import type { BucketSource } from './input/sample-bucket.ts';

/** Above this share of failing calls, no reasonable number of tries is enough. */
const MAX_FAULT_RATE = 0.5;
/** The limits of a rule's `max_object_mib`. */
const MAX_FALLBACK_OVER = 80_000;
const DEFAULT_SAMPLE_BYTES = 256e6;
const LEVEL_RANGE = { min: -7, max: 22 };
/** Level 19 takes ten times as long as all of these together, so it must be requested explicitly. */
const COMPARED_LEVELS = [1, 3, 6, 9, 12];

/** About a minute; ten times as many take ten times as long. */
const DEFAULT_EXISTING = 2000;
/** moto keeps all objects in memory. */
const MAX_EXISTING = 1_000_000;
/** Options that apply to the demo of existing objects. */
const EXISTING_OPTIONS: readonly string[] = ['existing', 'objects', 'fanOut', 'faults', 'json', 'configuration'];
/** In place of a path. */
export const STANDARD_OUTPUT = Symbol('standard output');

export interface DemoOptions {
  /** Absolute. Absent: files that every checkout has. */
  readonly source?: string;
  /** In place of a folder. */
  readonly bucket?: BucketSource & BucketAccess;
  /** Number of objects that the bucket has before the rule exists. Absent: new objects of a folder or bucket. */
  readonly existing?: number;
  readonly fanOut: boolean;
  /** zstd level. Absent: that of the configuration. */
  readonly level?: number;
  /** Levels to compare with the chosen ones. Absent: nothing is compared. */
  readonly compareLevels?: readonly number[];
  /** MiB of the largest object that functions handle. Absent: there is no fallback. */
  readonly fallbackOverMebibytes?: number;
  /** Bytes of objects per month for which to show dollars. Absent: only per TB. */
  readonly monthlyBytes?: number;
  /** Share of the functions' S3 and SQS calls that fail, 0 to 0.5. */
  readonly faults: number;
  /** Folder of the user's own configuration files. */
  readonly configuration: string;
  /** Absolute path of the numbers; `stdout` prints them, and everything else goes to standard error. */
  readonly json?: string | typeof STANDARD_OUTPUT;
  /** Absolute paths of what to write. */
  readonly archives?: string;
  readonly report: string;
}

interface ParsedFlags {
  existing?: boolean;
  objects?: number;
  source?: string;
  sample?: number;
  region?: string;
  profile?: string;
  fanOut?: boolean;
  level?: number;
  compareLevels?: readonly number[] | true;
  fallbackOver?: number;
  monthly?: number;
  faults: number;
  configuration: string;
  json?: string | true;
  archives?: string;
  report: string;
}

/**
 * Reads the command line.
 * @param args without the interpreter and the script
 * @returns undefined when help was asked for and printed
 * @throws DemoInputError with one line that says what is wrong
 */
export function parseDemoOptions(args: readonly string[], print: (text: string) => void): DemoOptions | undefined {
  const command = demoCommand().configureOutput({ writeOut: print, writeErr: () => undefined });
  try {
    command.parse(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return undefined;
    throw new DemoInputError(thrown.message.replace(/^error: /, '').replaceAll('\n', ' '), { cause: thrown });
  }
  const flags = command.opts<ParsedFlags>();
  const { fanOut = false, level, compareLevels, fallbackOver, monthly, faults, json, archives, report } = flags;
  const numbers = json === true ? STANDARD_OUTPUT : json === undefined ? undefined : resolve(json);
  return {
    ...chooseSource(flags),
    ...chooseExisting(command, flags),
    fanOut,
    ...(level === undefined ? {} : { level }),
    ...(compareLevels === undefined ? {} : { compareLevels: compareLevels === true ? COMPARED_LEVELS : compareLevels }),
    ...(fallbackOver === undefined ? {} : { fallbackOverMebibytes: fallbackOver }),
    ...(monthly === undefined ? {} : { monthlyBytes: monthly }),
    faults,
    configuration: flags.configuration,
    ...(numbers === undefined ? {} : { json: numbers }),
    ...(archives === undefined ? {} : { archives: resolve(archives) }),
    report: resolve(report),
  };
}

/** @throws DemoInputError when options for a bucket are given without a bucket */
function chooseSource({ source, sample, region, profile }: ParsedFlags): Pick<DemoOptions, 'source' | 'bucket'> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(source ?? '') ?? [];
  if (bucket !== undefined) {
    const access = { ...(region === undefined ? {} : { region }), ...(profile === undefined ? {} : { profile }) };
    return { bucket: { bucket, prefix, sampleBytes: sample ?? DEFAULT_SAMPLE_BYTES, ...access } };
  }
  if (source?.startsWith('s3:') === true) {
    throw new DemoInputError(`--source ${source} names no bucket; write s3://bucket/prefix`);
  }
  const [stray] = Object.entries({ sample, region, profile }).find(([, value]) => value !== undefined) ?? [];
  if (stray !== undefined) throw new DemoInputError(`--${stray} requires --source s3://bucket/prefix`);
  return source === undefined ? {} : { source: resolve(source) };
}

/** @throws DemoInputError when it is combined with options of the other demo */
function chooseExisting(command: Command, { existing, objects }: ParsedFlags): Pick<DemoOptions, 'existing'> {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (existing !== true) {
    if (objects === undefined) return {};
    throw new DemoInputError('--objects requires --existing');
  }
  const strange = command.options.find(
    (option) => !EXISTING_OPTIONS.includes(option.attributeName()) && given(option.attributeName()),
  );
  if (strange !== undefined) throw new DemoInputError(`${strange.long ?? ''} cannot be used with --existing`);
  return { existing: objects ?? DEFAULT_EXISTING };
}

function demoCommand(): Command {
  return new Command('s3xrc demo')
    .description('Replicate real files between emulated regions and verify every one of them.')
    .option(
      '--source <folder|s3://...>',
      'replicate this folder or s3://bucket/prefix instead of files of node_modules',
      parsePath,
    )
    .option(
      '--sample <volume>',
      `with s3://bucket/prefix, take a random sample of this size, such as 500MB (default: 256MB)`,
      parseByteSize,
    )
    .addOption(sharedOptions.region('region of the --source bucket'))
    .addOption(sharedOptions.profile())
    .option('--existing', 'fill a bucket before the rule exists, then backfill, verify, damage and repair it')
    .option('--objects <number>', `with --existing: number of objects (default: ${DEFAULT_EXISTING})`, parseObjects)
    .option('--fan-out', 'replicate into two regions instead of one')
    .option('--level <level>', `zstd level of the archives, ${LEVEL_RANGE.min} to ${LEVEL_RANGE.max}`, parseLevel)
    .option(
      '--compare-levels [levels]',
      `show what each of these levels would have cost (default: ${COMPARED_LEVELS.join(',')})`,
      parseLevels,
    )
    .option(
      '--fallback-over <size>',
      'send objects larger than this to fallback tasks, such as 64MiB or 2GiB',
      parseMebibytes,
    )
    .option(
      '--monthly <volume>',
      'show the dollars for this volume per month, such as 500GB or 50TB',
      parseBilledVolume,
    )
    .option(
      '--faults <rate>',
      `make this share of the S3 and SQS calls fail, 0 to ${MAX_FAULT_RATE}`,
      parseFaultRate,
      0,
    )
    .option('--archives <folder>', 'keep the archives in this folder', parsePath)
    .option('--report <file>', 'write the HTML report to this file', parsePath, 'build/demo-report.html')
    .addOption(sharedOptions.configuration())
    .addOption(
      new Option('--json [file]', 'print JSON, or write the numbers as JSON to this file').argParser(parsePath),
    )
    .allowExcessArguments(false)
    .exitOverride();
}

const parseLevel = integerBetween('A level', LEVEL_RANGE.min, LEVEL_RANGE.max);

function parseLevels(text: string): number[] {
  return [...new Set(text.split(',').map(parseLevel))].toSorted((left, right) => left - right);
}

const parseObjects = integerBetween('It', MIN_OBJECTS, MAX_EXISTING);

/** @returns MiB, since the configuration has no smaller unit */
function parseMebibytes(text: string): number {
  const size = /iB$/i.test(text) ? parseByteCount(text) / MIB : Number.NaN;
  if (Number.isInteger(size) && size >= 1 && size <= MAX_FALLBACK_OVER) return size;
  throw new InvalidArgumentError(
    `A size is a whole number of MiB or GiB up to ${MAX_FALLBACK_OVER} MiB, such as 64MiB.`,
  );
}

function parseFaultRate(text: string): number {
  const rate = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || rate > MAX_FAULT_RATE) {
    throw new InvalidArgumentError(`A rate is a number from 0 to ${MAX_FAULT_RATE}, such as 0.05.`);
  }
  return rate;
}
