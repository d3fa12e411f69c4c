import type { Command } from 'commander';
import type { ObjectFilter } from '../../backfill/object-filter.ts';
import type { RateLimits } from '../../backfill/rate-limiter.ts';
import { UsageError } from './errors.ts';
import { parseByteCount, parseRate, parseTime } from './parse-amounts.ts';
import { sharedOptions } from './shared-options.ts';

/** Options that `backfill` and `verify` share. */
export interface ScanFlags extends ObjectFilter {
  readonly rate?: number;
  readonly resume?: boolean;
  readonly restart?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly profile?: string;
  readonly configuration: string;
  readonly queueUrl?: string;
  readonly progressBucket?: string;
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--prefix <prefix>', 'only keys that begin with this')
    .option('--suffix <suffix>', 'only keys that end with this')
    .option('--since <time>', 'only objects last modified at or after this time (ISO 8601)', parseTime)
    .option('--until <time>', 'only objects last modified before this time', parseTime)
    .option('--min-size <size>', 'only objects of at least this size, such as 10KB', parseByteCount)
    .option('--max-size <size>', 'only objects of at most this size', parseByteCount);
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--rate <number>', 'at most this many objects per second, such as 500/s', parseRate)
    .option('--resume', 'continue the interrupted run')
    .option('--restart', 'discard the interrupted run, and start over')
    .option('--queue-url <url>', 'queue of existing objects, instead of the deployed one')
    .option('--progress-bucket <name>', 'bucket of the checkpoint, instead of the deployed one')
    .addOption(sharedOptions.yes())
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration())
    .addOption(sharedOptions.json());
}

export function objectFilterOf({ prefix, suffix, since, until, minSize, maxSize }: ObjectFilter): ObjectFilter {
  const entries = Object.entries({ prefix, suffix, since, until, minSize, maxSize });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

export function rateLimitsOf({ rate, maxBytesPerHour }: { rate?: number; maxBytesPerHour?: number }): RateLimits {
  return { rate, bytesPerHour: maxBytesPerHour };
}

/** Refuses combinations in which one option makes the other pointless. @throws UsageError */
export function refuseContradictions(flags: Omit<ScanFlags, 'configuration'>): void {
  const { since, until, minSize, maxSize, resume, restart } = flags;
  if (since !== undefined && until !== undefined && since >= until) {
    throw new UsageError('--since must be before --until');
  }
  if (minSize !== undefined && maxSize !== undefined && minSize > maxSize) {
    throw new UsageError('--min-size must not be above --max-size');
  }
  if (resume !== true) return;
  if (restart === true) throw new UsageError('--resume and --restart cannot be used together');
  const [filtered] = Object.keys(objectFilterOf(flags));
  if (filtered === undefined) return;
  const option = `--${filtered.replace('Size', '-size')}`;
  throw new UsageError(`${option} cannot be used with --resume, which keeps the filter of the interrupted run`);
}
