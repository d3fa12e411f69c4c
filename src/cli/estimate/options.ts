import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { parseBilledVolume, parseByteSize, parsePositiveInteger } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { refuseUnknownRegions } from '../command/refuse-unknown-regions.ts';
import { sharedOptions } from '../command/shared-options.ts';

export interface EstimateFlags {
  /** `s3://bucket/prefix`, a folder, or a manifest. */
  readonly source: string;
  /** Absent: chosen by the source. */
  readonly to: readonly string[] | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly configuration: string;
  /** Bytes of objects to read. */
  readonly sampleBytes: number;
  /** Bytes per month. Absent: what was written in the last 30 days. */
  readonly monthlyBytes: number | undefined;
  readonly depth: number;
  readonly seed: number;
  readonly json: boolean;
  /** Absolute paths. */
  readonly out: string | undefined;
  readonly html: string | undefined;
}

interface ParsedEstimate {
  to?: string[];
  region?: string;
  profile?: string;
  configuration: string;
  sample: number;
  monthly?: number;
  depth: number;
  seed: number;
  json?: boolean;
  out?: string;
  html?: string;
}

const DEFAULT_SAMPLE = 256e6;

/**
 * @returns undefined when help was asked for and printed
 * @throws UsageError, DeployInputError
 */
export function parseEstimateFlags(args: readonly string[], print: (text: string) => void): EstimateFlags | undefined {
  const command = new Command('s3xrc estimate')
    .description(
      'Estimate what replicating these objects would save: list them, read a sample, and print dollars per prefix and a verdict.\nNothing is written to the bucket; this needs only s3:ListBucket and s3:GetObject.',
    )
    .argument('<source>', 's3://bucket/prefix, a folder, or the manifest.json of an S3 Inventory (CSV or Parquet)')
    .option('--to <region...>', 'target regions (default: one region)')
    .option(
      '--monthly <volume>',
      'volume per month, such as 50TB (default: what was written in the last 30 days)',
      parseBilledVolume,
    )
    .addOption(new Option('--sample <size>', 'bytes to read').argParser(parseByteSize).default(DEFAULT_SAMPLE, '256MB'))
    .option('--depth <folders>', 'levels of folders below the prefix to report separately', parsePositiveInteger, 1)
    .option('--seed <number>', 'seed of the random sample', parsePositiveInteger, 1)
    .option('--out <file>', 'write the rules that pay off as a replication_config.json')
    .option('--html <file>', 'write the estimate as an HTML page')
    .addOption(sharedOptions.json())
    .addOption(sharedOptions.region('source region (default: that of the bucket; of a folder: us-east-1)'))
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration());
  const parsed = parseCommand(command, args, print);
  if (parsed === undefined) return undefined;
  const { to, region, profile, configuration, sample, monthly, depth, seed, json, out, html } =
    parsed.opts<ParsedEstimate>();
  refuseUnknownRegions([...(to ?? []), ...(region === undefined ? [] : [region])]);
  return {
    source: parsed.args[0] ?? '',
    to,
    region,
    profile,
    configuration,
    sampleBytes: sample,
    monthlyBytes: monthly,
    depth,
    seed,
    json: json === true,
    out: out === undefined ? undefined : resolve(out),
    html: html === undefined ? undefined : resolve(html),
  };
}
