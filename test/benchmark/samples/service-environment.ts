import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ruleId } from '../../../src/configuration/rule-id.ts';
import { SEED_BUCKET } from '../server/contract.ts';

const PRICES = fileURLToPath(new URL('../../../configuration/prices.json', import.meta.url));
const SOURCE_REGION = 'eu-west-1';
const TARGET_REGION = 'us-east-1';
/**
 * MB of a function with two vCPUs (Lambda developer guide, "Memory and CPU"): so that the pool always has two workers.
 */
const MEMORY_MEGABYTES = 3538;

export const BENCHMARK_RULE = ruleId({ region: SOURCE_REGION, bucket: SEED_BUCKET, prefix: '', suffix: '' });

export interface ServiceOptions {
  /** URL of the server. */
  readonly origin: string;
  readonly level: number;
  /** Bucket for restored objects. */
  readonly target: string;
  /** Bucket of archives. */
  readonly archives: string;
  readonly archiveMebibytes?: number;
  readonly memoryMegabytes?: number;
}

export interface ServiceEnvironment {
  readonly source: Record<string, string>;
  readonly target: Record<string, string>;
  remove(): Promise<void>;
}

/** Configuration files of one rule in their own directory, and the matching environment of both functions. */
export async function makeServiceEnvironment(options: ServiceOptions): Promise<ServiceEnvironment> {
  const directory = await mkdtemp(join(tmpdir(), 'benchmark-configuration-'));
  const settings = {
    stack_name: 'benchmark',
    enabled_regions: [
      { region: SOURCE_REGION, source_target: ['source'] },
      { region: TARGET_REGION, source_target: ['target'] },
    ],
  };
  const rule = {
    source: {
      region: SOURCE_REGION,
      bucket: SEED_BUCKET,
      level: options.level,
      max_archive_mib: options.archiveMebibytes,
    },
    destinations: [{ region: TARGET_REGION, bucket: options.target }],
  };
  await writeFile(join(directory, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(directory, 'replication_config.json'), JSON.stringify({ replication_configuration: [rule] }));
  await copyFile(PRICES, join(directory, 'prices.json'));
  const shared = {
    CONFIGURATION_DIRECTORY: directory,
    QUEUE_URL: `${options.origin}/queue`,
    DEAD_LETTER_QUEUE_URL: `${options.origin}/dead-letters`,
    MAX_RECEIVES: '5',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memoryMegabytes ?? MEMORY_MEGABYTES),
    AWS_ENDPOINT_URL: options.origin,
    AWS_ACCESS_KEY_ID: 'AKIDBENCHMARK',
    AWS_SECRET_ACCESS_KEY: 'benchmark',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return {
    source: {
      ...shared,
      AWS_REGION: SOURCE_REGION,
      RULE_ID: BENCHMARK_RULE,
      OUTBOUND_BUCKET: options.archives,
      PROGRESS_BUCKET: 'progress',
    },
    target: { ...shared, AWS_REGION: TARGET_REGION, INBOUND_BUCKET: options.archives },
    remove: () => rm(directory, { recursive: true }),
  };
}
