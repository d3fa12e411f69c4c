import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { BILLED_GIGABYTE } from '../../adaptive/cost-model.ts';
import { DemoInputError } from './errors.ts';
import { MIN_OBJECTS } from './existing/plan-bucket.ts';
import type { BucketAccess } from './input/open-bucket.ts';
import type { BucketSource } from './input/sample-bucket.ts';
import { BILLED_TERABYTE } from './worth.ts';

/** Above this share of failing calls no number of tries that a user would wait for is enough. */
const MAX_FAULT_RATE = 0.5;
const MEBIBYTES_PER_GIBIBYTE = 1024;
/** What `max_object_mib` of a rule takes. */
const MAX_FALLBACK_OVER = 80_000;
const MEBIBYTE = 2 ** 20;
const DEFAULT_SAMPLE_BYTES = 256 * MEBIBYTE;
const LEVELS = { min: -7, max: 22 };
/** Level 19 takes ten times as long as all of these, and is asked for by name. */
const COMPARED_LEVELS = [1, 3, 6, 9, 12];

const DEFAULT_EXISTING = 20_000;
/** moto keeps all objects in memory. */
const MAX_EXISTING = 1_000_000;
/** Options that mean something in the demo of existing objects. */
const EXISTING_OPTIONS: readonly string[] = ['existing', 'objects', 'fanOut', 'faults', 'json'];

export interface DemoOptions {
  /** Absolute. Absent: files that every checkout has. */
  readonly source?: string;
  /** In place of a folder. */
  readonly bucket?: BucketSource & BucketAccess;
  /** Objects of a bucket that is full before there is a rule. Absent: new objects of a folder or bucket. */
  readonly existing?: number;
  readonly fanOut: boolean;
  /** zstd level. Absent: that of the configuration. */
  readonly level?: number;
  /** Levels to compare with what was chosen. Absent: nothing is compared. */
  readonly compareLevels?: readonly number[];
  /** MiB of the largest object that functions take. Absent: there is no fallback. */
  readonly fallbackOverMebibytes?: number;
  /** Bytes of objects a month to say the dollars of. Absent: of a TB only. */
  readonly monthlyBytes?: number;
  /** Share of the functions' S3 and SQS calls that fail, 0 to 0.5. */
  readonly faults: number;
  /** Absolute paths of what to write. */
  readonly json?: string;
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
  json?: string;
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
  return {
    ...chooseSource(flags),
    ...chooseExisting(command, flags),
    fanOut,
    ...(level === undefined ? {} : { level }),
    ...(compareLevels === undefined ? {} : { compareLevels: compareLevels === true ? COMPARED_LEVELS : compareLevels }),
    ...(fallbackOver === undefined ? {} : { fallbackOverMebibytes: fallbackOver }),
    ...(monthly === undefined ? {} : { monthlyBytes: monthly }),
    faults,
    ...(json === undefined ? {} : { json: resolve(json) }),
    ...(archives === undefined ? {} : { archives: resolve(archives) }),
    report: resolve(report),
  };
}

/** @throws DemoInputError when options of a bucket come without one */
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
  if (stray !== undefined) throw new DemoInputError(`--${stray} is for --source s3://bucket/prefix only`);
  return source === undefined ? {} : { source: resolve(source) };
}

/** @throws DemoInputError when options of the other demo come with it */
function chooseExisting(command: Command, { existing, objects }: ParsedFlags): Pick<DemoOptions, 'existing'> {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (existing !== true) {
    if (objects === undefined) return {};
    throw new DemoInputError('--objects is for --existing only');
  }
  const strange = command.options.find(
    (option) => !EXISTING_OPTIONS.includes(option.attributeName()) && given(option.attributeName()),
  );
  if (strange !== undefined) throw new DemoInputError(`${strange.long ?? ''} does not go with --existing`);
  return { existing: objects ?? DEFAULT_EXISTING };
}

function demoCommand(): Command {
  return new Command('s3xrc demo')
    .description('Replicates real files between emulated regions and verifies every one of them.')
    .option(
      '--source <folder|s3://...>',
      'replicate this folder or s3://bucket/prefix instead of files of node_modules',
      parsePath,
    )
    .option(
      '--sample <volume>',
      `of s3://bucket/prefix, take so much at random, such as 500MB (default: 256MB)`,
      parseSample,
    )
    .option('--region <region>', 'region of the bucket of --source')
    .option('--profile <name>', 'profile of ~/.aws that may read the bucket of --source')
    .option('--existing', 'fill a bucket before there is a rule, backfill, verify, damage and repair it')
    .option('--objects <number>', `objects of --existing (default: ${DEFAULT_EXISTING})`, parseObjects)
    .option('--fan-out', 'replicate into two regions instead of one')
    .option('--level <level>', `zstd level of the archives, ${LEVELS.min} to ${LEVELS.max}`, parseLevel)
    .option(
      '--compare-levels [levels]',
      `say what each of these levels would have cost (default: ${COMPARED_LEVELS.join(',')})`,
      parseLevels,
    )
    .option('--fallback-over <size>', 'leave larger objects to fallback tasks, such as 64MiB or 2GiB', parseMebibytes)
    .option('--monthly <volume>', 'say the dollars of such a volume a month, such as 500GB or 50TB', parseVolume)
    .option('--faults <rate>', `make this share of the S3 and SQS calls fail, 0 to ${MAX_FAULT_RATE}`, parseRate, 0)
    .option('--json <file>', 'write the numbers into this file', parsePath)
    .option('--archives <folder>', 'keep the archives in this folder', parsePath)
    .option('--report <file>', 'where the HTML report goes', parsePath, 'build/demo-report.html')
    .allowExcessArguments(false)
    .exitOverride();
}

/** An empty path would be the current folder, which nobody means who has forgotten to set a variable. */
function parsePath(text: string): string {
  if (text === '') throw new InvalidArgumentError('A path must not be empty.');
  return text;
}

function parseLevel(text: string): number {
  const level = Number(text);
  if (!/^-?\d+$/.test(text) || level < LEVELS.min || level > LEVELS.max) {
    throw new InvalidArgumentError(`A level is a whole number from ${LEVELS.min} to ${LEVELS.max}.`);
  }
  return level;
}

function parseLevels(text: string): number[] {
  return [...new Set(text.split(',').map(parseLevel))].toSorted((left, right) => left - right);
}

function parseObjects(text: string): number {
  const objects = Number(text);
  if (/^\d+$/.test(text) && objects >= MIN_OBJECTS && objects <= MAX_EXISTING) return objects;
  throw new InvalidArgumentError(`It is a whole number from ${MIN_OBJECTS} to ${MAX_EXISTING}.`);
}

/** @returns MiB, since the configuration knows no smaller unit */
function parseMebibytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([MG])iB$/.exec(text) ?? [];
  const size = Number(digits) * (unit === 'G' ? MEBIBYTES_PER_GIBIBYTE : 1);
  if (unit === '' || size < 1 || size > MAX_FALLBACK_OVER) {
    throw new InvalidArgumentError(
      `A size is a whole number of MiB or GiB up to ${MAX_FALLBACK_OVER} MiB, such as 64MiB.`,
    );
  }
  return size;
}

/** @returns bytes; units are those of a bill, 2^30 and 2^40 */
function parseVolume(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([GT])B$/.exec(text) ?? [];
  const bytes = Number(digits) * (unit === 'T' ? BILLED_TERABYTE : BILLED_GIGABYTE);
  if (unit === '' || bytes === 0) throw new InvalidArgumentError('A volume is a number of GB or TB, such as 50TB.');
  return bytes;
}

/** @returns bytes */
function parseSample(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([MG])B$/.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * (unit === 'G' ? BILLED_GIGABYTE : MEBIBYTE));
  if (unit === '' || bytes === 0) throw new InvalidArgumentError('A sample is a number of MB or GB, such as 500MB.');
  return bytes;
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || rate > MAX_FAULT_RATE) {
    throw new InvalidArgumentError(`A rate is a number from 0 to ${MAX_FAULT_RATE}, such as 0.05.`);
  }
  return rate;
}
