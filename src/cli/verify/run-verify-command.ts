import { Command, Option } from 'commander';
import type { CommandContext } from '../command/cli-command.ts';
import { UsageError } from '../command/errors.ts';
import { parseAge, parseByteSize, parsePositiveInteger } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { type OpenRuleSession, openRuleSession } from '../command/rule-session.ts';
import { addFilterOptions, addRunOptions, refuseContradictions } from '../command/scan-options.ts';
import { type AthenaFlags, verifyByAthena } from './verify-by-athena.ts';
import { type VerifyFlags, verifyRule } from './verify-rule.ts';

/**
 * `s3xrc verify`: compares the objects of a rule with all of its destinations.
 * @param openSession opens queue, checkpoint and buckets; default: in an AWS account
 * @returns 1 if anything is missing, older or different, or was written by a user although the rule says that the
 * source wins
 * @throws UsageError, InvalidConfigurationError, InvalidCheckpointError, the errors of the storage port
 */
export async function runVerifyCommand(
  args: readonly string[],
  context: CommandContext,
  openSession: OpenRuleSession = openRuleSession,
): Promise<number> {
  const command = addFilterOptions(
    new Command(`${context.program} verify`)
      .description(
        'Compare the objects that a rule selects with their copies at all destinations, by listing both. Nothing is ever deleted.',
      )
      .argument('<rule>', 'id of the rule or the start of it, or a source bucket with only one rule'),
  )
    .option('--inventory <manifest>', 'read the source from an S3 Inventory: s3://bucket/.../manifest.json')
    .option(
      '--destination-inventory <manifest...>',
      'read the destinations from their inventories: one per destination, in the order of the rule',
    )
    .option('--temporary <folder>', 'folder for sorting inventories that do not fit in memory, 150 bytes per key')
    .option('--checksums', 'prove by stamp and checksum that copies are equal: HEAD requests only')
    .option('--bytes', 'prove that copies are equal by reading both sides in full')
    .option('--sample <number>', 'prove only one copy in this many', parsePositiveInteger, 1)
    .option(
      '--not-due <age>',
      'objects younger than this need not have arrived, such as 15m (default: set by the watermark)',
      parseAge,
    )
    .option(
      '--repair',
      'queue objects that are missing, older or different, and, if the source wins, those that others wrote',
    )
    .option('--max-bytes-per-hour <size>', 'repair at most this many bytes of objects per hour', parseByteSize)
    .option('--csv <file>', 'write every key that differs to this CSV file')
    .option('--spreadsheet', "with --csv: put ' before keys that a spreadsheet would take for formulas")
    .addOption(
      new Option(
        '--engine <engine>',
        'what compares: this machine, or Amazon Athena, which joins inventories of billions of objects',
      )
        .choices(['local', 'athena'])
        .default('local'),
    )
    .option('--sql <file>', 'write the SQL for Athena to this file, and run nothing')
    .option('--athena-output <url>', "where Athena writes results, s3://bucket/prefix/ (default: the workgroup's)")
    .option('--workgroup <name>', 'Athena workgroup', 'primary')
    .option('--database <name>', 'Athena database, for temporary tables', 'default');
  const printed: Promise<void>[] = [];
  const parsed = parseCommand(addRunOptions(command), args, (text) => printed.push(context.print(text)));
  await Promise.all(printed);
  if (parsed === undefined) return 0;
  const flags = parsed.opts<VerifyFlags & AthenaFlags & { readonly engine: 'local' | 'athena' }>();
  refuseContradictions(flags);
  if (flags.spreadsheet === true && flags.csv === undefined) throw new UsageError('--spreadsheet requires --csv');
  if (flags.engine === 'local') return verifyRule(parsed.args[0] ?? '', flags, context, openSession);
  refuseWithAthena(flags);
  return verifyByAthena(parsed.args[0] ?? '', flags, context);
}

/** Options that need more than inventories contain, or that concern this machine. */
function refuseWithAthena({ checksums, bytes, resume, restart, rate, temporary }: VerifyFlags): void {
  const others = {
    '--checksums': checksums,
    '--bytes': bytes,
    '--resume': resume,
    '--restart': restart,
    '--rate': rate,
    '--temporary': temporary,
  };
  const [given] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (given !== undefined) throw new UsageError(`${given[0]} requires --engine local, which checks the copies`);
}
