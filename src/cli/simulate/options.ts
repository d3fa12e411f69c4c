import { Command, Option } from 'commander';
import { parseBilledVolume, parseByteSize, parsePositiveInteger } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { refuseUnknownRegions } from '../command/refuse-unknown-regions.ts';
import { sharedOptions } from '../command/shared-options.ts';

export interface SimulateFlags {
  /** `s3://bucket/prefix`, a folder, or a manifest. */
  readonly source: string;
  readonly to?: readonly string[];
  readonly region?: string;
  readonly profile?: string;
  readonly configuration: string;
  /** Bytes of objects to read and measure. */
  readonly sample: number;
  readonly archives: number;
  /** Bytes of objects per archive. */
  readonly archiveSize: number;
  /** Bytes per month. */
  readonly monthly?: number;
  readonly seed: number;
  readonly json?: boolean;
}

const DEFAULT_SAMPLE = 32e6;
const DEFAULT_ARCHIVE = 64e6;
const DEFAULT_ARCHIVES = 1000;

/**
 * @returns undefined when help was asked for and printed
 * @throws UsageError, DeployInputError
 */
export function parseSimulateFlags(args: readonly string[], print: (text: string) => void): SimulateFlags | undefined {
  const command = new Command('s3xrc simulate')
    .description(
      'Simulate what a rule would learn on these objects: measure a sample at every level, replay a stream of archives, and print what learning costs compared with each fixed level and with the best choice in hindsight.\nNothing is written to the bucket; this needs only s3:ListBucket and s3:GetObject.',
    )
    .argument('<source>', 's3://bucket/prefix, a folder, or the manifest.json of an S3 Inventory (CSV or Parquet)')
    .option('--to <region...>', 'target regions (default: one region)')
    .option('--archives <number>', 'archives in the stream', parsePositiveInteger, DEFAULT_ARCHIVES)
    .addOption(
      new Option('--archive-size <size>', 'bytes of objects per archive')
        .argParser(parseByteSize)
        .default(DEFAULT_ARCHIVE, '64MB'),
    )
    .option('--monthly <volume>', 'show the dollars for this volume per month, such as 50TB', parseBilledVolume)
    .addOption(
      new Option('--sample <size>', 'bytes to read and measure')
        .argParser(parseByteSize)
        .default(DEFAULT_SAMPLE, '32MB'),
    )
    .option('--seed <number>', 'seed of the random sample and stream', parsePositiveInteger, 1)
    .addOption(sharedOptions.json())
    .addOption(sharedOptions.region('source region (default: that of the bucket; of a folder: us-east-1)'))
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration());
  const parsed = parseCommand(command, args, print);
  if (parsed === undefined) return undefined;
  const flags = parsed.opts<Omit<SimulateFlags, 'source'>>();
  refuseUnknownRegions([...(flags.to ?? []), ...(flags.region === undefined ? [] : [flags.region])]);
  return { ...flags, source: parsed.args[0] ?? '' };
}
